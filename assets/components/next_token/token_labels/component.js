// The labels of a model's whole vocabulary, sent once and kept for the canvases of the page: they read
// window.__glassboxLabels and hear "glassbox:labels" when it comes.

import { unpack } from "../../shared/buffer.js";

let labelsBytes = null;

async function keepLabels(data) {
  if (!data || data === labelsBytes) return;
  labelsBytes = data;
  /** @type {{meta: import("../payloads").TokenLabels, arrays: import("../payloads").TokenLabelsArrays}} */
  const { meta, arrays } = await unpack(data);
  if (window.__glassboxLabels?.model === meta.model) return;
  window.__glassboxLabels = { model: meta.model, labels: new TextDecoder().decode(arrays.text).split("\n") };
  window.dispatchEvent(new CustomEvent("glassbox:labels"));
}

export default function ({ data }) {
  keepLabels(data);
  return () => {};
}
