// What the map knows: points, groups, neighbours, and the questions that are asked of them.

import { CAMERA_HOME, cameraNormal } from "./camera.js";

/** Points of a message, ready to be drawn; `was` are the points before it. */
export class MapPoints {
  /** @param {{meta: import("../payloads").EmbeddingMap, arrays: import("../payloads").EmbeddingMapArrays}} message */
  constructor({ meta, arrays }) {
    this.meta = meta;
    this.dims = meta.dims === 3 ? 3 : 2;
    this.labels = meta.labels;
    this.count = meta.labels.length;
    const { positions, reach, size } = cameraNormal(arrays.positions, this.dims);
    this.positions = positions;
    this.reach = reach;
    this.size = size;
    this.groups = arrays.groups;
    this.near = arrays.neighbours;
    this.similarity = arrays.similarity;
    this.each = this.count ? Math.floor(arrays.neighbours.length / this.count) : 0;
    this.lower = this.labels.map((label) => label.toLowerCase());
  }

  /** The words with a number each, so that a word that stands here twice is told apart. */
  keys() {
    const seen = new Map();
    return this.labels.map((label) => {
      const count = (seen.get(label) ?? 0) + 1;
      seen.set(label, count);
      return `${label}\0${count}`;
    });
  }

  /** Where each point was on the map before (scaled to this one), or where it is now if it was not there. */
  before(was, camera) {
    const places = new Map(was.keys().map((key, i) => [key, i]));
    const from = this.positions.slice();
    let same = 0;
    this.keys().forEach((key, i) => {
      const old = places.get(key);
      if (old === undefined) return;
      same += 1;
      for (let axis = 0; axis < 3; axis++) from[3 * i + axis] = was.positions[3 * old + axis] * camera;
    });
    return same * 2 >= this.count ? from : null;
  }

  /** Nearest points in the original space: [[point, similarity], …]. */
  neighbours(i) {
    const found = [];
    for (let k = i * this.each; k < (i + 1) * this.each; k++) {
      const other = this.near[k];
      if (other >= 0 && other < this.count && other !== i) found.push([other, this.similarity[k] / this.meta.scale]);
    }
    return found;
  }

  /** How many of a point's nearest in the original space are among as many nearest on the map. */
  kept(i) {
    const wanted = new Set(this.neighbours(i).map(([other]) => other));
    const best = [];
    const { positions } = this;
    const [x, y, z] = positions.subarray(3 * i, 3 * i + 3);
    for (let j = 0; j < this.count; j++) {
      if (j === i) continue;
      const distance = (positions[3 * j] - x) ** 2 + (positions[3 * j + 1] - y) ** 2 + (positions[3 * j + 2] - z) ** 2;
      if (best.length === wanted.size && distance >= best[best.length - 1][0]) continue;
      let at = best.length;
      while (at && best[at - 1][0] > distance) at -= 1;
      best.splice(at, 0, [distance, j]);
      if (best.length > wanted.size) best.pop();
    }
    return best.filter(([, j]) => wanted.has(j)).length;
  }

  /** Points whose word is, begins with, or contains the text; in this order. */
  search(text) {
    const wanted = text.trim().toLowerCase();
    if (!wanted) return [];
    const ranks = [[], [], []];
    this.lower.forEach((label, i) => {
      const at = label.indexOf(wanted);
      if (at >= 0) ranks[label === wanted ? 0 : at === 0 ? 1 : 2].push(i);
    });
    return ranks.flat();
  }

  find(word) {
    return word ? this.labels.indexOf(word) : -1;
  }

  home() {
    return { ...CAMERA_HOME[this.dims] };
  }
}

/** The radius of a point in CSS pixels: fewer points are larger. */
export function mapRadius(count) {
  return count > 5000 ? 2.3 : count > 1500 ? 2.9 : count > 400 ? 3.7 : count > 80 ? 4.6 : 5.6;
}
