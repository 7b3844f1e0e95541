// Thumbnails: each head's attention brought to the exact size of its cell by area averaging, then coloured.

/** For every target pixel, the first source cell that it covers and the share of each (rows sum to 1). */
function areaWeights(source, target) {
  const span = source / target;
  return Array.from({ length: target }, (_, i) => {
    const [from, to] = [i * span, Math.min(source, (i + 1) * span)];
    const first = Math.floor(from + 1e-9);
    const shares = [];
    for (let k = first; k < to - 1e-9; k++) shares.push((Math.min(to, k + 1) - Math.max(from, k)) / span);
    return { first, shares };
  });
}

/** One square matrix of bytes → the mean over each target pixel's area, float, [target, target]. */
function shrink(matrix, offset, size, weights, wide, out) {
  const target = weights.length;
  for (let row = 0; row < size; row++) {
    const base = offset + row * size;
    for (let i = 0; i < target; i++) {
      const { first, shares } = weights[i];
      let sum = 0;
      for (let k = 0; k < shares.length; k++) sum += shares[k] * matrix[base + first + k];
      wide[row * target + i] = sum;
    }
  }
  for (let j = 0; j < target; j++) {
    const { first, shares } = weights[j];
    for (let i = 0; i < target; i++) {
      let sum = 0;
      for (let k = 0; k < shares.length; k++) sum += shares[k] * wide[(first + k) * target + i];
      out[j * target + i] = sum;
    }
  }
}

/** Weight as a byte (255 = 1) → entry of the colour table: the square root, so that faint weights are seen. */
function gammaIndex(value) {
  return Math.round(Math.sqrt(value / 255) * 255);
}

/** The colour table as one uint32 per value of a float byte in 0…255, after the square root. */
function gammaTable(table) {
  const colours = new Uint32Array(table.buffer, table.byteOffset, 256);
  return Uint32Array.from({ length: 1024 }, (_, i) => colours[gammaIndex((i / 1023) * 255)]);
}

/**
 * All heads as one image, head h of layer l at (h * pixels, l * pixels).
 * @returns {{width, height, data: Uint8ClampedArray}} what `new ImageData(data, width)` takes.
 */
export function paintSprite({ attention, layers, heads, size, pixels, table }) {
  const [width, height] = [heads * pixels, layers * pixels];
  const image = new Uint32Array(width * height);
  const lookup = gammaTable(table);
  const weights = areaWeights(size, pixels);
  const [wide, out] = [new Float32Array(size * pixels), new Float32Array(pixels * pixels)];
  for (let index = 0; index < layers * heads; index++) {
    shrink(attention, index * size * size, size, weights, wide, out);
    const corner = Math.floor(index / heads) * pixels * width + (index % heads) * pixels;
    for (let j = 0, k = 0; j < pixels; j++) {
      const line = corner + j * width;
      for (let i = 0; i < pixels; i++, k++) image[line + i] = lookup[(out[k] * 4.0117647 + 0.5) | 0];
    }
  }
  return { width, height, data: new Uint8ClampedArray(image.buffer) };
}

/** One head at one pixel per weight, for the enlarged picture in the tooltip. */
export function paintHead({ attention, index, size, table }) {
  const lookup = gammaTable(table);
  const image = new Uint32Array(size * size);
  const offset = index * size * size;
  for (let k = 0; k < image.length; k++) image[k] = lookup[(attention[offset + k] * 4.0117647 + 0.5) | 0];
  return new Uint8ClampedArray(image.buffer);
}
