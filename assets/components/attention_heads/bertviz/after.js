// In BertViz's frame, after its script: the visitor's words for its own, and its height for the page around it.

const after = /** @type {any} */ (window);
const drawn = /** @type {HTMLElement} */ (document.getElementById("bertviz"));
for (const one of drawn.querySelectorAll("text"))
  if (one.textContent && one.textContent in after.given.named) one.textContent = after.given.named[one.textContent];
const tell = () => parent.postMessage({ bertviz: drawn.getBoundingClientRect().bottom + scrollY }, "*");
new ResizeObserver(tell).observe(drawn);
tell();
