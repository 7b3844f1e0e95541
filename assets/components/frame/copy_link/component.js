// Copies the link. Where the browser keeps the clipboard closed (plain http), the text below is selected by hand.

import { unpack } from "../../shared/buffer.js";

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const field = document.createElement("textarea");
    field.value = text;
    field.style.position = "fixed";
    field.style.opacity = "0";
    document.body.append(field);
    field.select();
    const done = document.execCommand("copy");
    field.remove();
    return done;
  }
}

export default function (component) {
  const button = component.parentElement.querySelector("button");
  unpack(component.data).then((/** @type {{meta: import("../payloads").CopyLink}} */ { meta }) => {
    button.textContent = meta.words.copy;
    button.onclick = async () => {
      button.textContent = (await copyText(meta.url)) ? meta.words.copied : meta.words.by_hand;
    };
  });
}
