// In BertViz's frame, before its script: what the script is given, and what stands for require.js.
// It is the same on every page, so that the app's policy can name it; what differs stands in #given.

const before = /** @type {any} */ (window);
before.given = JSON.parse(document.getElementById("given")?.textContent ?? "{}");
before.requirejs = before.require = (
  /** @type {string[]} */ _names,
  /** @type {(jquery: unknown, d3: unknown) => void} */ done,
) => done(before.jQuery, Object.create(before.d3, { schemeCategory10: { value: before.given.colours } }));
before.require.config = () => {};
