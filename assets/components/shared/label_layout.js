// Which words stand on the map: the most important first, none over another.

const LABEL_CELL = 48; // pixels of one square of the board on which places are looked up

/** Rectangles that are taken, found by the squares they touch. */
class LabelBoard {
  constructor(/** @type {number} */ width, /** @type {number} */ height) {
    this.width = width;
    this.height = height;
    this.columns = Math.ceil(width / LABEL_CELL) + 1;
    this.squares = new Map();
  }

  /** @param {number[]} box */
  *touched(box) {
    const [left, top, right, bottom] = box;
    for (let row = Math.floor(top / LABEL_CELL); row <= Math.floor(bottom / LABEL_CELL); row++)
      for (let column = Math.floor(left / LABEL_CELL); column <= Math.floor(right / LABEL_CELL); column++)
        yield row * this.columns + column;
  }

  /** @param {number[]} box */
  inside(box) {
    const [left, top, right, bottom] = box;
    return left >= 2 && top >= 2 && right <= this.width - 2 && bottom <= this.height - 2;
  }

  free(/** @type {number[]} */ box) {
    for (const square of this.touched(box)) {
      for (const other of this.squares.get(square) ?? []) {
        if (box[0] < other[2] && box[2] > other[0] && box[1] < other[3] && box[3] > other[1]) return false;
      }
    }
    return true;
  }

  take(/** @type {number[]} */ box) {
    for (const square of this.touched(box)) {
      const list = this.squares.get(square);
      if (list) list.push(box);
      else this.squares.set(square, [box]);
    }
  }
}

/**
 * The places of a label of this size around a point: right, left, above, below, and the corners between.
 * @param {number} x @param {number} y @param {number} width @param {number} height @param {number} gap
 */
function labelPlaces(x, y, width, height, gap) {
  const [top, bottom] = [y - height / 2, y + height / 2];
  return [
    [x + gap, top, x + gap + width, bottom],
    [x - gap - width, top, x - gap, bottom],
    [x - width / 2, y - gap - height, x + width / 2, y - gap],
    [x - width / 2, y + gap, x + width / 2, y + gap + height],
    ...[0, 1, 2, 3].map((corner) => {
      const [sideX, sideY] = [corner < 2 ? 1 : -1, corner % 2 ? -1 : 1];
      const [left, under] = [
        x + sideX * gap * 0.6 - (sideX < 0 ? width : 0),
        y + sideY * gap * 0.6 - (sideY < 0 ? height : 0),
      ];
      return [left, under, left + width, under + height];
    }),
  ];
}

/**
 * Places labels greedily.
 * @param {{order: Iterable<number>, must: number[], px: ArrayLike<number>, py: ArrayLike<number>, width: number,
 *   height: number, size: (i: number) => [number, number], gap: (i: number) => number, most: number, pad: number,
 *   taken?: number[][], sure?: number, tries?: number, far?: number[]}} options `must` come first; the first `sure` of
 *   them stand even where nothing is free; `order` are tried until `most` stand
 * @returns {Map<number, number[]>} point → [left, top, right, bottom]
 */
export function labelLayout(options) {
  const { order, must, px, py, width, height, size, gap, most, pad } = options;
  const { taken = [], sure = 1, tries = 900, far = [1, 2.4, 4] } = options;
  const board = new LabelBoard(width, height);
  taken.forEach((box) => board.take(box));
  const found = new Map();
  const put = (/** @type {number} */ i, /** @type {boolean} */ force) => {
    if (found.has(i) || px[i] < 0 || py[i] < 0 || px[i] > width || py[i] > height) return false;
    const reaches = force ? far : [1]; // a label that must stand may stand farther off
    const places = reaches
      .flatMap((far) => labelPlaces(px[i], py[i], ...size(i), far * gap(i)))
      .filter((box) => board.inside(box));
    const grown = (/** @type {number[]} */ box) => [box[0] - pad, box[1] - pad / 2, box[2] + pad, box[3] + pad / 2];
    const box = places.find((one) => board.free(grown(one))) ?? (force ? places[0] : undefined);
    if (!box) return true;
    board.take(box);
    found.set(i, box);
    return true;
  };
  must.forEach((i, at) => put(i, at < sure));
  let tried = 0;
  for (const i of order) {
    if (found.size >= most + must.length || tried >= tries) break;
    if (put(i, false)) tried += 1;
  }
  return found;
}
