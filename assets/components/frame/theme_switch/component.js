// Paper or stage: writes the theme that Streamlit remembers and reloads; every state is in the URL (or, a long text,
// in the tab's own storage), so nothing is lost.

import { unpack } from "../../shared/buffer.js";
import { readTheme } from "../../shared/theme.js";

export default function (component) {
  const root = component.parentElement;
  const button = root.querySelector("button");
  const dark = readTheme(root).dark;
  unpack(component.data).then((/** @type {{meta: import("../payloads").ThemeSwitch}} */ { meta }) => {
    button.querySelector(".gb-theme-name").textContent = dark ? meta.words.to_paper : meta.words.to_stage;
    button.onclick = () => {
      const base = window.location.pathname.replace(/[^/]*$/, "");
      for (const page of ["", ...meta.pages]) {
        window.localStorage.setItem(`stActiveTheme-${base}${page}-v2`, JSON.stringify(dark ? "Light" : "Dark"));
      }
      if (window.__glassboxKeep) window.sessionStorage.setItem("glassbox:keep", window.__glassboxKeep);
      const here = new URL(window.location.href);
      here.searchParams.delete("embed_options");
      if (here.href === window.location.href) window.location.reload();
      else window.location.replace(here);
    };
  });
}
