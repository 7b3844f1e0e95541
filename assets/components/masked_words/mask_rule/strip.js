// Which tokens are targets in which epoch, with holes that stay (static) and holes drawn anew (dynamic), and how many
// tokens have been a target at least once by then, measured and by the closed form.

import { ruleDraw, ruleSeen } from "./draws.js";

/** One grid: [epoch][token] → 0 no target, 1 a target for the first time, 2 again. */
export function stripGrid(special, seed, share, epochs, copies) {
  const free = [...special.keys()].filter((at) => !special[at]);
  const ever = new Uint8Array(special.length);
  return Array.from({ length: epochs }, (_, epoch) => {
    const { states } = ruleDraw(special, seed, epoch % copies, share);
    return free.map((at) => {
      if (!states[at]) return 0;
      const before = ever[at];
      ever[at] = 1;
      return before ? 2 : 1;
    });
  });
}

/** 1 − (1 − share)^(number of different sets of holes drawn by then). */
export function stripClosed(share, epochs, copies) {
  return Array.from({ length: epochs }, (_, epoch) => 1 - (1 - share) ** Math.min(epoch + 1, copies));
}

/** Both grids above the plot; lower where there is less `room`, but not so low that nothing could be told apart. */
export function stripLayout(width, scale, room = Infinity) {
  const [gap, title, left, between, below] = [26 * scale, 22 * scale, 34 * scale, 44 * scale, 40 * scale];
  const wide = (width - left - gap) / 2;
  const part = Math.min(1, Math.max(0.4, (room - title - between - below) / (240 * scale)));
  const [high, low] = [130 * scale * part, 110 * scale * part];
  return {
    grids: [0, 1].map((side) => ({ x: left + side * (wide + gap), y: title, w: wide, h: high })),
    plot: { x: 46 * scale, y: title + high + between, w: width - 60 * scale, h: low },
    height: title + high + between + low + below,
  };
}

export function stripCurves(special, { seed, share, epochs, copies }) {
  return [copies, epochs].map((many) => ({
    seen: ruleSeen(special, seed, share, epochs, many),
    closed: stripClosed(share, epochs, many),
  }));
}
