// One view per place on the page, for as long as that place exists.

/**
 * Makes the component function of a view, to be exported as default: `mounted((root) => new View(root))`.
 *
 * Streamlit calls a component again and again for the same root (each run of the page that touches it) and may call
 * the clean-up of an earlier run late, when the view already serves a newer one. So a view ends only when its root
 * has left the document or its box was replaced; a view has `box`, `update(component)` and `destroy()`.
 */
export function mounted(/** @type {(root: any) => any} */ create) {
  const views = new WeakMap();
  return function component(/** @type {any} */ given) {
    const root = given.parentElement;
    let view = views.get(root);
    if (!view || !root.contains(view.box)) {
      view?.destroy();
      view = create(root);
      views.set(root, view);
    }
    view.update(given);
    return () => {
      if (root.isConnected || views.get(root) !== view) return;
      view.destroy();
      views.delete(root);
    };
  };
}
