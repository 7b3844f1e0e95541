// Reads what core/figures/buffer.py packs: named arrays behind one JSON header, in one bytes object.
//
//   plain       "GBX1" | uint32 header length | JSON header, space-padded | arrays, each 8-byte aligned
//   compressed  "GBXZ" | uint32 length of the plain message | zlib stream of the plain message
//
// The header is {"meta": {...}, "arrays": [{name, dtype, shape, offset}]}; offsets count from the header's end.
// All numbers are little-endian. Arrays are views into the message: nothing is copied unless it must be aligned.

import { speak } from "./numbers.js";

const BUFFER_TYPES = { uint8: Uint8Array, int16: Int16Array, int32: Int32Array, float32: Float32Array };

function bufferMagic(/** @type {Uint8Array<ArrayBuffer>} */ bytes) {
  return bytes.length < 8 ? "" : String.fromCharCode(bytes[0], bytes[1], bytes[2], bytes[3]);
}

function bufferLength(/** @type {Uint8Array<ArrayBuffer>} */ bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, 8).getUint32(4, true);
}

async function bufferInflate(/** @type {Uint8Array<ArrayBuffer>} */ bytes) {
  const raw = new Uint8Array(bufferLength(bytes));
  const stream = new DecompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes.subarray(8)).then(() => writer.close());
  written.catch(() => {}); // damage is reported by the reader
  const reader = stream.readable.getReader();
  let at = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    if (at + value.length > raw.length) throw new Error("buffer: longer than it says");
    raw.set(value, at);
    at += value.length;
  }
  await written;
  if (at !== raw.length) throw new Error("buffer: shorter than it says");
  return raw;
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {number} start @param {any} entry */
function bufferView(bytes, start, entry) {
  const Type = /** @type {any} */ (BUFFER_TYPES)[entry.dtype];
  if (!Type) throw new Error(`buffer: unknown type ${entry.dtype}`);
  const length = entry.shape.reduce((/** @type {number} */ product, /** @type {number} */ size) => product * size, 1);
  const from = bytes.byteOffset + start + entry.offset;
  if (start + entry.offset + length * Type.BYTES_PER_ELEMENT > bytes.length) throw new Error("buffer: cut short");
  const view = new Type(bytes.buffer, length ? from : 0, length);
  view.shape = entry.shape;
  return view;
}

/**
 * Unpacks one message; numbers are said in its language from now on.
 * @param {Uint8Array<ArrayBuffer>|ArrayBuffer} input
 * @returns {Promise<{meta: any, header: any, arrays: any}>} as payloads.d.ts of the page has them; every array carries
 *   `.shape`; `header` is another name of `meta`.
 */
export async function unpack(input) {
  let bytes = input instanceof Uint8Array ? input : new Uint8Array(input);
  if (bufferMagic(bytes) === "GBXZ") bytes = await bufferInflate(bytes);
  if (bufferMagic(bytes) !== "GBX1") throw new Error("buffer: not a Glassbox message");
  if (bytes.byteOffset % 8) bytes = bytes.slice(); // a view at an odd place: typed arrays need alignment
  const start = 8 + bufferLength(bytes);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start)));
  /** @type {any} */ const arrays = {};
  for (const entry of header.arrays) arrays[entry.name] = bufferView(bytes, start, entry);
  speak(header.meta.language);
  return { meta: header.meta, header: header.meta, arrays };
}
