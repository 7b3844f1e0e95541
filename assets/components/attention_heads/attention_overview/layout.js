// Where each head's thumbnail stands. A head's index is layer * heads + head; sizes are CSS pixels.

/** Extra space in front of a column: heads that share a key/value head stand together. */
function groupGap(head, heads, kvHeads, gap) {
  return kvHeads && kvHeads < heads ? Math.floor((head * kvHeads) / heads) * gap : 0;
}

/** Largest square cell when the layers are cut into `blocks` columns of rows; null when it does not fit at all. */
function blockFit(blocks, { layers, heads, kvHeads, width, height, gutter, header, bar }) {
  const rows = Math.ceil(layers / blocks);
  const groups = groupGap(heads - 1, heads, kvHeads, 4);
  const across = (width - blocks * (gutter + groups)) / (blocks * heads);
  const down = (height - header) / rows;
  const cell = Math.floor(Math.min(across - 2, down - bar - 3));
  return cell < 1 ? null : { blocks, rows, cell, across, down, groups };
}

/**
 * Rows are layers, columns are heads; many layers are cut into two or more blocks side by side, whichever gives the
 * largest thumbnails. `least` is the smallest cell (a finger's width on a phone): the grid may then be larger than
 * the given room, and pans.
 * @returns {{kind, cell, x, y, width, height, rowLabels, columnLabels, pitchX, pitchY}} x and y per head.
 */
export function layerLayout(options) {
  const { layers, heads, kvHeads, gutter, header, bar, least = 0 } = options;
  const fits = Array.from({ length: Math.min(layers, 8) }, (_, i) => blockFit(i + 1, options)).filter(Boolean);
  let best = fits.reduce((p, q) => (!p || q.cell > p.cell ? q : p), null);
  if (!best || best.cell < least) {
    const wide = (options.width - gutter - groupGap(heads - 1, heads, kvHeads, 4)) / heads;
    const cell = Math.max(least, 2, Math.floor(wide - 2));
    best = { blocks: 1, rows: layers, cell, across: Math.max(wide, cell + 2), down: 0, groups: 0 };
  }
  const { blocks, rows, cell } = best;
  const pitchX = Math.min(best.across, cell * 1.3 + 3);
  const pitchY = Math.max(cell + bar + 2, Math.min(best.down, cell * 1.3 + bar + 3));
  const blockWidth = gutter + heads * pitchX + groupGap(heads - 1, heads, kvHeads, 4);
  const spare = Math.max(0, options.width - blocks * blockWidth);
  const step = blockWidth + (blocks > 1 ? Math.min(spare / (blocks - 1), 3 * pitchX) : 0);
  const [x, y] = [new Float32Array(layers * heads), new Float32Array(layers * heads)];
  const [rowLabels, columnLabels] = [[], []];
  for (let block = 0; block < blocks; block++) {
    for (let head = 0; head < heads; head++) {
      const left = block * step + gutter + head * pitchX + groupGap(head, heads, kvHeads, 4);
      columnLabels.push({ head, x: left + cell / 2 });
    }
  }
  for (let layer = 0; layer < layers; layer++) {
    const [block, row] = [Math.floor(layer / rows), layer % rows];
    rowLabels.push({ layer, x: block * step + gutter - 6, y: header + row * pitchY + cell / 2 });
    for (let head = 0; head < heads; head++) {
      x[layer * heads + head] = columnLabels[block * heads + head].x - cell / 2;
      y[layer * heads + head] = header + row * pitchY;
    }
  }
  const width = (blocks - 1) * step + blockWidth;
  const height = Math.ceil(header + rows * pitchY);
  return { kind: "layer", cell, x, y, width, height, rowLabels, columnLabels, pitchX, pitchY };
}

/** Height of the score's bar under a cell. */
export function barHeight(cell) {
  return Math.max(2, Math.min(4, cell * 0.14));
}

/**
 * What cells of this size need when all heads flow in reading order, and how many of the first rows have room left for
 * names. A cell's row is its picture, 2 pixels, the bar, and 4 pixels to the next; a name adds a row of `label`.
 */
function flowFit(cell, named, { order, width, height, label, labelWidth }) {
  const least = Math.max(cell + 3, named ? labelWidth + 3 : 0);
  const columns = Math.max(1, Math.floor((width + 3) / least));
  const rows = Math.ceil(order.length / columns);
  const pitchY = cell + barHeight(cell) + 6;
  const spare = height - 5 - rows * pitchY;
  const namedRows = named ? Math.min(rows, Math.max(0, Math.floor(spare / label))) : 0;
  return { cell, columns, rows, pitchY, spare, pitchX: width / columns, namedRows };
}

/** The largest cells that fit with names in at least so many of the first rows, or null. */
function flowSearch(options, namedRows, smallest) {
  for (let cell = 96; cell >= smallest; cell--) {
    const fit = flowFit(cell, namedRows > 0, options);
    if (fit.spare >= 0 && fit.namedRows >= Math.min(fit.rows, namedRows)) return fit;
  }
  return null;
}

/** On a phone: cells of a finger's width, all named, in as many rows as it takes. */
function flowPanned(options) {
  const fit = flowFit(Math.max(options.least, 8), true, options);
  return { ...fit, namedRows: fit.rows };
}

/**
 * Heads in the given order, line after line, all in sight: with every name where the pictures stay large enough, else
 * with the names of the first rows (the highest), and very many heads without. `least` is the smallest cell on a phone,
 * where the view pans instead.
 * @param {any} options what room there is; order[place] = index of the head
 * @returns {any} besides what layerLayout returns `named`: which heads have room for a name of height `label`
 */
export function flowLayout(options) {
  const { order, width, label, labelWidth, least = 0 } = options;
  const fit = least
    ? flowPanned(options)
    : (flowSearch(options, Infinity, 24) ??
      flowSearch(options, 2, 18) ??
      flowSearch(options, 0, 4) ??
      flowFit(4, false, options));
  const pitchX = Math.min(fit.pitchX, fit.namedRows ? Math.max(fit.cell * 1.5, labelWidth) + 12 : fit.cell * 1.5 + 4);
  const [x, y, named] = [new Float32Array(order.length), new Float32Array(order.length), new Uint8Array(order.length)];
  order.forEach((index, place) => {
    const row = Math.floor(place / fit.columns);
    x[index] = 2 + (place % fit.columns) * pitchX + (pitchX - fit.cell) / 2;
    y[index] = 5 + row * fit.pitchY + Math.min(row, fit.namedRows) * label;
    named[index] = Number(row < fit.namedRows);
  });
  const height = 5 + fit.rows * fit.pitchY + fit.namedRows * label;
  return { kind: "flow", cell: fit.cell, x, y, named, width, height, label, pitchX, pitchY: fit.pitchY };
}

/** Index of the cell at a point, or -1; the gaps between cells and a cell's name belong to it. */
export function cellAt({ x, y, cell, pitchX, pitchY, named, label }, px, py) {
  const [padX, padY] = [(pitchX - cell) / 2 + 1, pitchY - cell];
  for (let i = 0; i < x.length; i++) {
    const below = padY + (named?.[i] ? label : 0);
    if (px >= x[i] - padX && px < x[i] + cell + padX && py >= y[i] - 2 && py < y[i] + cell + below) return i;
  }
  return -1;
}

/** The nearest cell in a direction (dx, dy ∈ −1, 0, 1), or the same one at the edge. */
export function neighbour({ x, y }, index, dx, dy) {
  let [best, least] = [index, Infinity];
  for (let i = 0; i < x.length; i++) {
    const [right, down] = [x[i] - x[index], y[i] - y[index]];
    const along = right * dx + down * dy;
    const aside = Math.abs(right * dy) + Math.abs(down * dx);
    const cost = along + 4 * aside;
    if (along > 0.5 && cost < least && aside <= along * 2) [best, least] = [i, cost];
  }
  return best;
}

/** Heads by a score, highest first, ties and missing values in layer order. */
export function rankHeads(scores) {
  const order = Int32Array.from(scores, (_, i) => i);
  const value = (i) => (Number.isFinite(scores[i]) ? scores[i] : -Infinity);
  return order.sort((p, q) => (value(q) === value(p) ? p - q : value(q) > value(p) ? 1 : -1));
}
