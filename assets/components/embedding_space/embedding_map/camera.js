// Where points of a space fall on the screen. One camera for the flat map and the solid one: the flat map is a solid
// one seen from the front. Positions are in [−1, 1]; x to the right, y up, z towards the eye.

export const CAMERA_HOME = {
  2: { zoom: 1, x: 0, y: 0, yaw: 0, pitch: 0 },
  3: { zoom: 1, x: 0, y: 0, yaw: 0.6, pitch: 0.35 },
};
export const CAMERA_DEPTH = 0.28; // of perspective: how much nearer points seem larger
const CAMERA_MOST = { zoom: 200, x: 4, y: 4, yaw: 100, pitch: 1.5 };

/** The camera in a link: zoom_x_y, or zoom_x_y_yaw_pitch; "" is home. */
export function cameraText(camera, dims) {
  const home = CAMERA_HOME[dims];
  const names = dims === 3 ? ["zoom", "x", "y", "yaw", "pitch"] : ["zoom", "x", "y"];
  if (names.every((name) => Math.abs(camera[name] - home[name]) < 0.004)) return "";
  return names.map((name) => String(Number(camera[name].toFixed(name === "zoom" ? 2 : 3)))).join("_");
}

/** The camera that a text says; home where it says nothing that makes sense (it comes from a link). */
export function cameraFrom(text, dims) {
  const home = { ...CAMERA_HOME[dims] };
  const numbers = String(text ?? "")
    .split("_")
    .map(Number);
  if (!text || numbers.length !== (dims === 3 ? 5 : 3) || !numbers.every(Number.isFinite)) return home;
  const [zoom, x, y, yaw = 0, pitch = 0] = numbers;
  return cameraWithin({ zoom, x, y, yaw, pitch });
}

export function cameraWithin(camera) {
  const hold = (name) => Math.min(CAMERA_MOST[name], Math.max(-CAMERA_MOST[name], camera[name]));
  const zoom = Math.min(CAMERA_MOST.zoom, Math.max(0.2, camera.zoom));
  return { zoom, x: hold("x"), y: hold("y"), yaw: hold("yaw"), pitch: hold("pitch") };
}

export function cameraBetween(from, to, t) {
  const mix = (name) => from[name] + (to[name] - from[name]) * t;
  const zoom = Math.exp(Math.log(from.zoom) + (Math.log(to.zoom) - Math.log(from.zoom)) * t);
  return { zoom, x: mix("x"), y: mix("y"), yaw: mix("yaw"), pitch: mix("pitch") };
}

/**
 * Rows of the rotation, and pixels per unit: screen x = centre + scale · (R₀·p − x) / (1 − depth · R₂·p), y downwards.
 * @param {{width, height, fit}} room  fit: CSS pixels per unit at zoom 1
 */
export function cameraLens(camera, room) {
  const [cy, sy, cp, sp] = [Math.cos(camera.yaw), Math.sin(camera.yaw), Math.cos(camera.pitch), Math.sin(camera.pitch)];
  return {
    right: [cy, 0, sy],
    up: [sp * sy, cp, -sp * cy],
    near: [-cp * sy, sp, cp * cy],
    scale: room.fit * camera.zoom,
    x: camera.x,
    y: camera.y,
    width: room.width,
    height: room.height,
  };
}

/** All points [x, y, z, x, y, z, …] → screen pixels [x, y] and nearness (1 in the middle, larger is nearer). */
export function cameraProject(lens, positions, px, py, near) {
  const { right, up, near: toward, scale, x, y } = lens;
  const [centreX, centreY] = [lens.width / 2, lens.height / 2];
  for (let i = 0, k = 0; i < px.length; i++, k += 3) {
    const [a, b, c] = [positions[k], positions[k + 1], positions[k + 2]];
    const w = 1 / (1 - CAMERA_DEPTH * (toward[0] * a + toward[1] * b + toward[2] * c));
    px[i] = centreX + scale * (right[0] * a + right[2] * c - x) * w;
    py[i] = centreY - scale * (up[0] * a + up[1] * b + up[2] * c - y) * w;
    near[i] = w;
  }
}

/**
 * Positions [point, dims] centred and scaled into [−1, 1] with one scale for all axes, as x, y, z; and how far they
 * reach, so that the map can be fitted into its room.
 */
export function cameraNormal(positions, dims) {
  const count = positions.length / dims;
  const [low, high] = [
    [Infinity, Infinity, Infinity],
    [-Infinity, -Infinity, -Infinity],
  ];
  for (let i = 0; i < positions.length; i++) {
    const axis = i % dims;
    if (positions[i] < low[axis]) low[axis] = positions[i];
    if (positions[i] > high[axis]) high[axis] = positions[i];
  }
  const half = [0, 1, 2].map((axis) => (axis < dims && count ? (high[axis] - low[axis]) / 2 : 0));
  const middle = [0, 1, 2].map((axis) => (axis < dims && count ? (high[axis] + low[axis]) / 2 : 0));
  const size = Math.max(...half) * (dims === 3 ? 1.08 : 1) || 1;
  const out = new Float32Array(3 * count);
  for (let i = 0; i < count; i++)
    for (let axis = 0; axis < dims; axis++) out[3 * i + axis] = (positions[dims * i + axis] - middle[axis]) / size;
  return { positions: out, reach: half.map((value) => Math.max(value / size, 1e-3)), size };
}

/** CSS pixels per unit at which everything is in sight. */
export function cameraFit(reach, dims, width, height, edge) {
  const [w, h] = [Math.max(40, width - 2 * edge) / 2, Math.max(40, height - 2 * edge) / 2];
  if (dims === 3) return Math.min(w, h) * 0.95;
  return Math.min(w / reach[0], h / reach[1]);
}
