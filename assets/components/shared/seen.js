// Which pages were opened: kept in this browser alone, told to nobody.

const SEEN = "glassbox:seen";

/** The pages that were opened; none where the browser keeps nothing. @returns {string[]} */
export function readSeen() {
  try {
    const found = JSON.parse(window.localStorage.getItem(SEEN) ?? "[]");
    return Array.isArray(found) ? found.filter((one) => typeof one === "string") : [];
  } catch {
    return [];
  }
}

/** Keeps them. @param {string[]} pages */
export function keepSeen(pages) {
  try {
    window.localStorage.setItem(SEEN, JSON.stringify([...new Set(pages)]));
  } catch {
    // a browser that keeps nothing: there are no ticks then
  }
}
