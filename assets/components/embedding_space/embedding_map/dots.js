// Points drawn by the graphics card (WebGL 1), or on a 2-D canvas where there is none. Both take the same lens, the
// same colours (RGBA bytes per point) and the same sizes (radius in 1/16 CSS pixel per point).

import { drawDot, fitCanvas } from "../../shared/draw.js";
import { CAMERA_DEPTH } from "./camera.js";

const DOTS_VERTEX = `
attribute vec3 position;
attribute vec4 colour;
attribute float size;
uniform vec3 right, up, toward;
uniform vec2 pan, half_room;
uniform float scale, ratio, depth, solid;
varying vec4 paint;
varying float edge, firm;
void main() {
  float z = dot(toward, position);
  float w = 1.0 - depth * z;
  vec2 place = scale * (vec2(dot(right, position), dot(up, position)) - pan) / half_room;
  gl_Position = vec4(place, -0.5 * z * w * solid, w);
  float radius = size / 16.0 * ratio / w;
  gl_PointSize = 2.0 * radius + 2.0;
  edge = radius / (radius + 1.0);
  firm = solid;
  float far = solid * clamp(0.5 - 0.55 * z, 0.0, 0.75);
  paint = vec4(colour.rgb, colour.a * (1.0 - far));
}`;

const DOTS_FRAGMENT = `
precision mediump float;
uniform vec3 ground;
varying vec4 paint;
varying float edge, firm;
void main() {
  float reach = length(2.0 * gl_PointCoord - 1.0);
  float soft = max(1.0 - edge, 0.02);
  float cover = 1.0 - smoothstep(edge - soft, edge + soft, reach);
  if (cover < 0.02 || (firm > 0.5 && cover < 0.5)) discard;
  float alpha = firm > 0.5 ? cover : cover * paint.a;
  vec3 tone = firm > 0.5 ? mix(ground, paint.rgb, paint.a) : paint.rgb;
  gl_FragColor = vec4(tone * alpha, alpha);
}`;

function dotsProgram(gl) {
  const program = gl.createProgram();
  for (const [type, text] of [
    [gl.VERTEX_SHADER, DOTS_VERTEX],
    [gl.FRAGMENT_SHADER, DOTS_FRAGMENT],
  ]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, text);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  return gl.getProgramParameter(program, gl.LINK_STATUS) ? program : null;
}

/** Points on the graphics card; null where WebGL is not to be had. */
export class DotsCard {
  static on(canvas) {
    const gl = canvas.getContext("webgl", {
      alpha: true,
      antialias: false,
      premultipliedAlpha: true,
      powerPreference: "high-performance",
    });
    const program = gl && dotsProgram(gl);
    return program ? new DotsCard(canvas, gl, program) : null;
  }

  constructor(canvas, gl, program) {
    this.canvas = canvas;
    this.gl = gl;
    Object.assign(this, { program, kind: "webgl", count: 0 });
    gl.useProgram(program);
    const names = ["right", "up", "toward", "pan", "half_room", "scale", "ratio", "depth", "solid", "ground"];
    this.uniform = Object.fromEntries(names.map((name) => [name, gl.getUniformLocation(program, name)]));
    this.buffers = {};
    for (const [name, size, type] of [
      ["position", 3, gl.FLOAT],
      ["colour", 4, gl.UNSIGNED_BYTE],
      ["size", 1, gl.UNSIGNED_BYTE],
    ]) {
      const place = gl.getAttribLocation(program, name);
      this.buffers[name] = gl.createBuffer();
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
      gl.enableVertexAttribArray(place);
      gl.vertexAttribPointer(place, size, type, name === "colour", 0, 0);
    }
    this.sequence = gl.createBuffer();
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.enable(gl.BLEND);
    gl.clearColor(0, 0, 0, 0);
  }

  give(name, array) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[name]);
    gl.bufferData(gl.ARRAY_BUFFER, array, gl.DYNAMIC_DRAW);
  }

  place(positions) {
    this.count = positions.length / 3;
    this.give("position", positions);
  }

  /** `order`: the points from the lowest to the uppermost. */
  dress(colours, sizes, order) {
    const { gl } = this;
    this.give("colour", colours);
    this.give("size", sizes);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.sequence);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, order, gl.DYNAMIC_DRAW);
  }

  draw({ lens, dims, ratio, ground, grow }) {
    const { gl, uniform, canvas } = this;
    const [width, height] = [Math.round(lens.width * ratio), Math.round(lens.height * ratio)];
    if (canvas.width !== width) canvas.width = width;
    if (canvas.height !== height) canvas.height = height;
    gl.viewport(0, 0, width, height);
    if (dims === 3) gl.enable(gl.DEPTH_TEST);
    else gl.disable(gl.DEPTH_TEST);
    gl.clear(gl.COLOR_BUFFER_BIT | gl.DEPTH_BUFFER_BIT);
    gl.uniform3fv(uniform.right, lens.right);
    gl.uniform3fv(uniform.up, lens.up);
    gl.uniform3fv(uniform.toward, lens.near);
    gl.uniform2f(uniform.pan, lens.x, lens.y);
    gl.uniform2f(uniform.half_room, lens.width / 2, lens.height / 2);
    gl.uniform1f(uniform.scale, lens.scale);
    gl.uniform1f(uniform.ratio, ratio * grow);
    gl.uniform1f(uniform.depth, CAMERA_DEPTH);
    gl.uniform1f(uniform.solid, dims === 3 ? 1 : 0);
    gl.uniform3f(uniform.ground, ground[0] / 255, ground[1] / 255, ground[2] / 255);
    gl.drawElements(gl.POINTS, this.count, gl.UNSIGNED_SHORT, 0);
  }

  lost() {
    return this.gl.isContextLost();
  }

  destroy() {
    this.gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
}

const DOTS_SHELVES = 12; // of depth, drawn from the farthest to the nearest

/** A disc once drawn, to be stamped many times. */
function dotsStamp(cache, colour, alpha, radius, ratio) {
  const key = `${colour}|${alpha}|${radius}`;
  let stamp = cache.get(key);
  if (stamp) return stamp;
  stamp = document.createElement("canvas");
  const size = Math.ceil(2 * (radius * ratio + 1));
  [stamp.width, stamp.height] = [size, size];
  const context = stamp.getContext("2d");
  context.fillStyle = `rgba(${colour >> 16}, ${(colour >> 8) & 255}, ${colour & 255}, ${alpha / 255})`;
  drawDot(context, size / 2, size / 2, radius * ratio);
  if (cache.size > 600) cache.clear();
  cache.set(key, stamp);
  return stamp;
}

/** Visits every point that is in sight, the lowest first: (x, y, radius in CSS pixels, red, green, blue, alpha). */
function dotsEach({ px, py, near, colours, sizes, order, dims, ground, grow, width, height }, visit) {
  const shelf = (i) => Math.max(0, Math.min(DOTS_SHELVES - 1, Math.floor((near[i] - 0.78) * 2 * DOTS_SHELVES)));
  const shelves = dims === 3 ? Array.from({ length: DOTS_SHELVES }, () => []) : [order];
  if (dims === 3) for (const i of order) shelves[shelf(i)].push(i);
  for (let at = 0; at < shelves.length; at++) {
    const members = shelves[at];
    for (let n = 0; n < members.length; n++) {
      const i = members[n];
      if (px[i] < -9 || py[i] < -9 || px[i] > width + 9 || py[i] > height + 9) continue;
      const k = 4 * i;
      const radius = (sizes[i] / 16) * grow;
      if (dims !== 3) {
        visit(px[i], py[i], radius, colours[k], colours[k + 1], colours[k + 2], colours[k + 3]);
        continue;
      }
      const share = (colours[k + 3] / 255) * (0.3 + (0.7 * at) / (DOTS_SHELVES - 1));
      const mixed = (c) => Math.round(ground[c] + (colours[k + c] - ground[c]) * share);
      visit(px[i], py[i], radius * near[i], mixed(0), mixed(1), mixed(2), 255);
    }
  }
}

/** Stamps every point on a 2-D context in CSS pixels, for a picture to take away. */
export function dotsPaint(context, options) {
  const { ratio } = options;
  const cache = new Map();
  dotsEach(options, (x, y, radius, red, green, blue, alpha) => {
    const stamp = dotsStamp(cache, (red << 16) | (green << 8) | blue, alpha, Math.round(4 * radius) / 4, ratio);
    const half = stamp.width / ratio / 2;
    context.drawImage(stamp, x - half, y - half, 2 * half, 2 * half);
  });
}

/** How much of each pixel a disc covers (0–255), its middle moved by quarters of a pixel. */
function dotsMask(masks, radius, phaseX, phaseY) {
  const key = (radius << 4) | (phaseX << 2) | phaseY; // radius in quarters of a pixel
  let mask = masks.get(key);
  if (mask) return mask;
  const half = Math.ceil(radius / 4) + 1;
  const size = 2 * half + 1;
  mask = { half, size, cover: new Uint8Array(size * size) };
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const reach = Math.hypot(x + 0.5 - half - phaseX / 4, y + 0.5 - half - phaseY / 4);
      mask.cover[y * size + x] = 255 * Math.min(1, Math.max(0, radius / 4 - reach + 0.5));
    }
  }
  masks.set(key, mask);
  return mask;
}

/** The same without WebGL: discs are blended into the pixels of a plain canvas, which is faster than asking it to. */
export class DotsCanvas {
  constructor(canvas) {
    this.canvas = canvas;
    this.kind = "canvas";
    this.masks = new Map();
  }

  place() {}

  dress(colours, sizes, order) {
    this.colours = colours;
    this.sizes = sizes;
    this.order = order;
  }

  draw(options) {
    const { lens, ratio, ground } = options;
    const context = fitCanvas(this.canvas, lens.width, lens.height, ratio);
    const { width, height } = this.canvas;
    if (this.image?.width !== width || this.image.height !== height)
      this.image = context.createImageData(width, height);
    const pixels = this.image.data;
    new Uint32Array(pixels.buffer).fill((255 << 24) | (ground[2] << 16) | (ground[1] << 8) | ground[0]);
    const { colours, sizes, order, masks } = this;
    if (masks.size > 4000) masks.clear();
    const given = { ...options, colours, sizes, order, width: lens.width, height: lens.height };
    dotsEach(given, (x, y, radius, red, green, blue, alpha) => {
      const [left, top] = [Math.floor(x * ratio * 4), Math.floor(y * ratio * 4)];
      const { half, size, cover } = dotsMask(masks, Math.round(radius * ratio * 4), left & 3, top & 3);
      const [x0, y0] = [(left >> 2) - half, (top >> 2) - half];
      const [firstX, lastX] = [Math.max(0, -x0), Math.min(size, width - x0)];
      const lastY = Math.min(size, height - y0);
      for (let row = Math.max(0, -y0); row < lastY; row++) {
        let k = 4 * ((y0 + row) * width + x0 + firstX);
        for (let column = firstX; column < lastX; column++, k += 4) {
          const share = (cover[row * size + column] * alpha) / 65025;
          if (share === 0) continue;
          pixels[k] += (red - pixels[k]) * share;
          pixels[k + 1] += (green - pixels[k + 1]) * share;
          pixels[k + 2] += (blue - pixels[k + 2]) * share;
        }
      }
    });
    context.putImageData(this.image, 0, 0);
  }

  lost() {
    return false;
  }

  destroy() {}
}
