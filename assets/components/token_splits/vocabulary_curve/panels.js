// Three small plots over one logarithmic axis, side by side where there is room: drawn on any 2-D context.

/** 14.2e6 → "14.2" in millions, with the digits that two to three significant ones need. */
export function curveDigits(value) {
  return value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 3;
}

/** Where the panels stand: [{x, y, width, height}]. */
export function curvePanels(width, scale, count) {
  const beside = width >= 640 * scale;
  const [gap, high] = [34 * scale, 230 * scale];
  const wide = beside ? (width - gap * (count - 1)) / count : width;
  return Array.from({ length: count }, (_, i) => ({
    x: beside ? i * (wide + gap) : 0,
    y: beside ? 0 : i * high,
    width: wide,
    height: high,
  }));
}

/** The frame inside a panel where the line runs. */
export function curveFrame(panel, scale) {
  return {
    left: panel.x + 46 * scale,
    right: panel.x + panel.width - 12 * scale,
    top: panel.y + 34 * scale,
    bottom: panel.y + panel.height - 26 * scale,
  };
}

/** A size as a place 0 … 1 of the logarithmic axis. */
export function curvePlace(size, sizes) {
  const [low, high] = [Math.log(sizes[0]), Math.log(sizes.at(-1))];
  return high > low ? (Math.log(size) - low) / (high - low) : 0.5;
}

function curveTop(values) {
  const most = Math.max(...values, 0);
  if (!(most > 0)) return 1;
  const unit = 10 ** Math.floor(Math.log10(most));
  return [1, 1.5, 2, 3, 4, 5, 8, 10].map((k) => k * unit).find((one) => one >= most * 1.0001) ?? most;
}

/** Draws the panels: [{title, values, tick(value)}], the point `at` marked in each. */
export function curveDraw(context, { width, height, theme, sizes, panels, at, number }) {
  const { scale } = theme;
  context.clearRect(0, 0, width, height);
  context.textBaseline = "middle";
  const places = curvePanels(width, scale, panels.length);
  panels.forEach(({ title, values, tick }, i) => {
    const frame = curveFrame(places[i], scale);
    const most = curveTop(values);
    const x = (size) => frame.left + (frame.right - frame.left) * curvePlace(size, sizes);
    const y = (value) => frame.bottom - ((frame.bottom - frame.top) * value) / most;
    context.font = `600 ${13 * scale}px ${theme.sans}`;
    context.fillStyle = theme.fg;
    context.textAlign = "left";
    context.fillText(title, places[i].x, places[i].y + 10 * scale);
    context.font = `400 ${12 * scale}px ${theme.sans}`;
    context.lineWidth = 1;
    for (const value of [0, most / 2, most]) {
      context.strokeStyle = theme.line;
      context.beginPath();
      context.moveTo(frame.left, Math.round(y(value)) + 0.5);
      context.lineTo(frame.right, Math.round(y(value)) + 0.5);
      context.stroke();
      context.fillStyle = theme.muted;
      context.textAlign = "right";
      context.fillText(tick(value), frame.left - 6 * scale, y(value));
    }
    let free = -Infinity;
    sizes.forEach((size, k) => {
      const label = number(size);
      const half = context.measureText(label).width / 2;
      const centre = Math.min(Math.max(x(size), frame.left + half), frame.right + 10 * scale - half);
      if (centre - half < free && k !== at) return;
      context.fillStyle = k === at ? theme.accent : theme.muted;
      context.textAlign = "center";
      if (centre - half >= free) context.fillText(label, centre, frame.bottom + 14 * scale);
      free = centre + half + 8 * scale;
    });
    context.strokeStyle = theme.accent;
    context.lineWidth = 1;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(x(sizes[at]), frame.top);
    context.lineTo(x(sizes[at]), frame.bottom);
    context.stroke();
    context.setLineDash([]);
    context.strokeStyle = theme.dark ? "#56b4e9" : "#0072b2";
    context.lineWidth = 2 * scale;
    context.beginPath();
    values.forEach((value, k) => (k ? context.lineTo(x(sizes[k]), y(value)) : context.moveTo(x(sizes[k]), y(value))));
    context.stroke();
    values.forEach((value, k) => {
      context.fillStyle = k === at ? theme.accent : theme.bg;
      context.beginPath();
      context.arc(x(sizes[k]), y(value), (k === at ? 5.5 : 3.5) * scale, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    });
  });
}
