// One block: what it reads off the residual stream, what it does, and what it adds back.

import { drawLine } from "../../shared/draw.js";
import { brief, whole } from "../../shared/numbers.js";
import { flowLengths, flowPurpose } from "./network.js";
import {
  flowArrow,
  flowFrame,
  flowHeat,
  flowLevel,
  flowNumber,
  flowPicture,
  flowScene,
  flowShape,
  flowStrip,
  flowText,
  flowTint,
  flowWrite,
} from "./paint.js";

/** The sublayers of a block as columns of boxes; a box that the model lacks is left out. */
function blockParts(stack) {
  const has = (box) => stack.boxes.includes(box);
  const columns = (...groups) => groups.map((group) => group.filter(has)).filter((group) => group.length);
  const parts = [];
  const sub = (name, norm, before, after, add) =>
    parts.push({
      name,
      columns: [...(stack.pre_norm ? columns([norm]) : []), ...before, ...after],
      add,
      norm: stack.pre_norm || !has(norm) ? "" : norm,
    });
  sub("self", "norm_1", [...columns(["q", "k", "v"]), ["heads"]], columns(["o"]), "add_1");
  const cross = [...columns(["cross_q", "cross_k", "cross_v"]), ["cross_heads"]];
  if (stack.cross) sub("cross", "cross_norm", cross, columns(["cross_o"]), "add_x");
  sub("mlp", "norm_2", columns(["gate", "up"], ["hidden"]), columns(["down"]), "add_2");
  return parts;
}

function blockPurpose(box) {
  if (box.includes("norm")) return "norms";
  return ["gate", "up", "hidden", "down"].includes(box) ? "mlp" : "attention";
}

export function blockScene(view, width, height) {
  return width < 640 ? blockNarrow(view, width) : blockWide(view, width, height);
}

/** How wide a column wants to be, before scaling. */
function wanted(stack, column) {
  if (column[0].includes("heads")) return Math.max(190, Math.min(320, 44 * Math.ceil(Math.sqrt(stack.heads * 1.4))));
  return 90;
}

function blockWide(view, width, height) {
  const { theme, stack } = view;
  const s = theme.scale;
  const gap = 18 * s;
  const tight = Math.min(1, (width - 24) / (1210 * s));
  const node = Math.max(66, 88 * tight) * s;
  const parts = blockParts(stack).map((part) => ({
    ...part,
    wide:
      part.columns.reduce((sum, column) => sum + wanted(stack, column) * s + gap, gap) +
      node * (part.norm ? 2 : 1) +
      (part.norm ? gap : 0),
  }));
  const room = width - 24 - node;
  const rows = [[]];
  for (const part of parts) {
    const used = rows[rows.length - 1].reduce((sum, one) => sum + one.wide, 0);
    if (used && used + part.wide > room * 1.42) rows.push([]);
    rows[rows.length - 1].push(part);
  }
  const each = Math.max(rows.length > 1 ? 226 * s : 0, (height - 12) / rows.length);
  const [items, paints] = [[], []];
  let before = "in";
  rows.forEach((row, number) => {
    const top = 8 + number * each;
    const streamY = top + each - 34 * s;
    const fixed = row.reduce((sum, one) => sum + node * (one.norm ? 2 : 1) + (one.norm ? gap : 0), 0);
    const stretch = Math.min(1.35, (room - fixed) / (row.reduce((sum, one) => sum + one.wide, 0) - fixed));
    let x = 12;
    placeNode(view, items, paints, before, { x, y: streamY - 22 * s, w: node, h: 44 * s });
    x += node;
    const lines = [];
    for (const part of row) {
      const boxTop = top + 24 * s;
      const boxH = streamY - 22 * s - boxTop - 24 * s;
      let at = x + gap * stretch;
      const first = at;
      let previous = null;
      const bottoms = [];
      for (const column of part.columns) {
        const w = wanted(stack, column) * s * stretch;
        bottoms.push(placeColumn(view, items, paints, column, { x: at, y: boxTop, w, h: boxH }));
        if (previous) {
          const [left, right, middle] = [previous, at, boxTop + boxH / 2];
          paints.push((c) => flowArrow(c, [left + 1, middle, right - 2, middle], theme.muted, 1.25));
        }
        previous = at + w;
        at += w + gap * stretch;
      }
      const half = (column) => (wanted(stack, column) * s * stretch) / 2;
      const [entry, leave] = [first + half(part.columns[0]), previous - half(part.columns.at(-1))];
      const nodeX = at;
      paints.push((c) => {
        flowText(c, view.words[`sub_${part.name}`], first, top + 15 * s, {
          font: view.font(650, 13),
          fill: theme.fg,
          most: at - first + 60,
        });
        flowArrow(c, [entry, streamY, entry, bottoms[0] + 2], theme.muted, 1.25);
        flowArrow(c, [leave, bottoms[bottoms.length - 1] + 1, leave, streamY - 11 * s - 2], theme.muted, 1.25);
        plus(c, view, leave, streamY);
      });
      lines.push(leave);
      let end = nodeX;
      placeNode(view, items, paints, part.add, { x: end, y: streamY - 22 * s, w: node, h: 44 * s });
      end += node;
      if (part.norm) {
        placeBox(view, items, paints, part.norm, { x: end + gap, y: streamY - 22 * s, w: node, h: 44 * s });
        end += node + gap;
      }
      before = part.norm || part.add;
      x = end;
    }
    const [to, last] = [Math.min(width - 6, x + 14), number === rows.length - 1];
    const streams = (c) => {
      c.fillStyle = flowTint(theme, theme.fg, 0.09);
      c.fillRect(0, streamY - 5 * s, last ? to : width, 10 * s);
      flowArrow(c, [to - 12, streamY, to, streamY], theme.muted, 2);
    };
    paints.unshift(streams);
  });
  return flowScene(width, Math.max(height, 8 + each * rows.length), items, paints);
}

function plus(context, view, x, y) {
  const r = 11 * view.theme.scale;
  context.beginPath();
  context.arc(x, y, r, 0, 2 * Math.PI);
  Object.assign(context, { fillStyle: view.theme.bg, strokeStyle: view.theme.fg, lineWidth: 1.5 });
  context.fill();
  context.stroke();
  drawLine(context, x - r * 0.5, y, x + r * 0.5, y);
  drawLine(context, x, y - r * 0.5, x, y + r * 0.5);
}

/** One column of boxes, in the middle of its room; where it ends below. */
function placeColumn(view, items, paints, column, rect) {
  if (column[0].includes("heads")) {
    placeHeads(view, items, paints, rect, column[0] === "cross_heads");
    return rect.y + rect.h;
  }
  const most = 92 * view.theme.scale;
  const gap = 8;
  const h = Math.min(column.length === 1 ? most : Infinity, (rect.h - gap * (column.length - 1)) / column.length);
  const top = rect.y + (rect.h - h * column.length - gap * (column.length - 1)) / 2;
  column.forEach((box, i) => placeBox(view, items, paints, box, { ...rect, y: top + i * (h + gap), h }));
  return top + column.length * (h + gap) - gap;
}

function boxItem(view, box, rect) {
  const { stack, state, words } = view;
  const values = flowLengths(view, stack, box, state.layer);
  const rows = view.rows(stack, box);
  const t = Math.min(view.token, rows.length - 1);
  const width = stack.widths[stack.boxes.indexOf(box)];
  const part = stack.parts[box];
  const lines = [
    words[`about_${box.replace("cross_", "")}`] ?? "",
    [words.vectors, `${rows.length} × ${whole(width)}`],
  ];
  if (part) lines.push([words.matrix, flowShape(part.shape)], [words.parameters, whole(part.parameters)]);
  if (part?.fused) lines.push(words.fused);
  lines.push([view.fill("length_of", { token: rows[t] }), flowNumber(values[t])], words.open);
  return {
    ...rect,
    go: { box, cell: -1, head: -1 },
    title: words[`box_${box}`],
    rows: lines.filter(Boolean),
    says: view.fill("box_says", { box: words[`box_${box}`], token: rows[t], length: flowNumber(values[t]), width }),
  };
}

function placeBox(view, items, paints, box, rect) {
  const { theme, stack, state, words } = view;
  const s = theme.scale;
  const item = boxItem(view, box, rect);
  items.push(item);
  const colour = flowPurpose(view, blockPurpose(box));
  const part = stack.parts[box];
  const values = flowLengths(view, stack, box, state.layer);
  const width = stack.widths[stack.boxes.indexOf(box)];
  paints.push((c) => {
    flowFrame(c, view, rect, colour);
    const [x, most] = [rect.x + 7, rect.w - 14];
    const strip = Math.min(12 * s, rect.h * 0.22);
    const room = rect.h - strip - 10;
    const lines = [[words[`box_${box}`], view.font(650, 12.5), theme.fg]];
    if (room >= 30 * s) lines.push([`${values.length} × ${whole(width)}`, view.font(400, 12), theme.muted]);
    if (room >= 46 * s && part) lines.push([brief(part.parameters), view.font(400, 12), theme.muted]);
    const step = Math.min(16 * s, room / lines.length);
    const top = rect.y + (room - step * lines.length) / 2 + step * 0.5 + 3;
    lines.forEach(([text, font, fill], i) =>
      flowText(c, text, x, top + i * step, { font, fill, base: "middle", most }),
    );
    drawStrip(c, view, values, { x, y: rect.y + rect.h - strip - 6, w: most, h: strip });
  });
  return item;
}

/** One cell per token, the token in hand framed. */
function drawStrip(context, view, values, rect) {
  flowStrip(context, values, rect, view.lengthColour);
  Object.assign(context, { strokeStyle: view.theme.line, lineWidth: 1 });
  context.strokeRect(rect.x - 0.5, rect.y - 0.5, rect.w + 1, rect.h + 1);
  if (view.token >= values.length) return;
  const w = rect.w / values.length;
  Object.assign(context, { strokeStyle: view.tokenColour, lineWidth: 2 });
  context.strokeRect(rect.x + view.token * w, rect.y - 1, w, rect.h + 2);
}

/** A place on the residual stream. */
function placeNode(view, items, paints, box, rect) {
  const { theme, words, stack, state } = view;
  const s = theme.scale;
  items.push(boxItem(view, box, rect));
  const values = flowLengths(view, stack, box, state.layer);
  paints.push((c) => {
    const frame = { ...rect, x: rect.x + 4, w: rect.w - 8 };
    flowFrame(c, view, frame, theme.muted, { fill: theme.bg, width: 1.25 });
    flowWrite(c, view, "name", words[`box_${box}`], rect.x + 10, rect.y + 13 * s, {
      base: "middle",
      most: rect.w - 20,
    });
    drawStrip(c, view, values, { x: rect.x + 10, y: rect.y + rect.h - 18 * s, w: rect.w - 20, h: 11 * s });
  });
}

/** All heads as small pictures of their attention, those that share keys and values in rows of their own. */
function placeHeads(view, items, paints, rect, cross) {
  const { theme, stack, state, words } = view;
  const s = theme.scale;
  const thumbs = view.arrays[`${cross ? "cross_thumbs" : "thumbs"}_${stack.name}`];
  const lengths = view.arrays[`${cross ? "cross_heads" : "heads"}_${stack.name}`];
  const [, , rows, columns] = view.shapes[`${cross ? "cross_thumbs" : "thumbs"}_${stack.name}`];
  const group = cross ? 1 : stack.heads / stack.kv_heads;
  const count = view.tokensOf(stack).length;
  const shared = group > 1;
  const aside = shared ? 36 * s : 0; // for the names of the groups
  const room = { x: rect.x + 8, y: rect.y + 22 * s, w: rect.w - 16 - aside, h: rect.h - 30 * s };
  const lines = (/** @type {number} */ n) =>
    n < group ? stack.kv_heads * Math.ceil(group / n) : Math.ceil(stack.heads / n);
  let [across, size] = [1, 0];
  for (let n = 1; n <= stack.heads; n++) {
    if (shared && (group <= 6 && stack.kv_heads <= 6 ? n !== group : n > group && n % group)) continue;
    const one = Math.min(room.w / n - 7, room.h / lines(n) - 15 * s);
    if (one > size) [across, size] = [n, one];
  }
  size = Math.min(size, 78 * s);
  const down = lines(across);
  const each = across < group ? Math.ceil(group / across) : 1; // rows of a group
  const [stepX, stepY] = [Math.min(room.w / across, size + 14), Math.min(room.h / down, size + 22 * s)];
  const left = room.x + aside + (room.w - stepX * across) / 2;
  const top = room.y + (room.h - stepY * down) / 2;
  let most = -1;
  for (let head = 0; head < stack.heads; head++) {
    const length = lengths[(state.layer * stack.heads + head) * count + view.token];
    if (most < 0 || length > lengths[(state.layer * stack.heads + most) * count + view.token]) most = head;
    const kv = Math.floor(head / group);
    const [column, row] =
      each > 1
        ? [(head % group) % across, kv * each + Math.floor((head % group) / across)]
        : [head % across, Math.floor(head / across)];
    const place = {
      x: left + column * stepX + (stepX - size) / 2,
      y: top + row * stepY + 13 * s,
      w: size,
      h: Math.min(size, stepY - 13 * s),
    };
    const members = Array.from({ length: group }, (_, i) => kv * group + i);
    items.push({
      ...place,
      y: place.y - 12 * s,
      h: place.h + 12 * s,
      go: { head, box: "", cell: -1, cross },
      title: view.fill("head_title", { head }),
      rows: [
        ...(shared ? [view.fill("head_shares", { kv, heads: members.join(", ") })] : []),
        [view.fill("output_of", { token: view.tokensOf(stack)[view.token] }), flowNumber(length)],
        words.open,
      ],
      says: view.fill("head_says", { head, token: view.tokensOf(stack)[view.token], length: flowNumber(length) }),
    });
    const from = (state.layer * stack.heads + head) * rows * columns;
    paints.push((c) => {
      flowText(c, head, place.x, place.y - 3 * s, {
        font: view.font(head === most ? 700 : 400, 11),
        fill: head === most ? view.tokenColour : theme.muted,
      });
      const picture = flowHeat(thumbs, rows, columns, (value) => flowLevel(theme, value / 255), view.themeKey, from);
      flowPicture(c, picture, place);
      c.lineWidth = head === most ? 2 : 1;
      c.strokeStyle = head === most ? view.tokenColour : theme.border;
      c.strokeRect(place.x - 0.5, place.y - 0.5, place.w + 1, place.h + 1);
    });
  }
  paints.splice(paints.length - stack.heads, 0, (c) => {
    flowFrame(c, view, rect, flowPurpose(view, "attention"));
    const text = view.fill(shared ? "heads_grouped" : "heads_plain", { heads: stack.heads, kv: stack.kv_heads });
    flowWrite(c, view, "title", text, rect.x + 8, rect.y + 12 * s, { base: "middle", most: rect.w - 14 });
    if (shared && across <= group) {
      const high = (each - 1) * stepY + size;
      for (let kv = 0; kv < stack.kv_heads; kv++) {
        const y = top + kv * each * stepY + 13 * s;
        flowWrite(c, view, "small", `KV ${kv}`, rect.x + 8, y + high / 2, { base: "middle" });
        Object.assign(c, { strokeStyle: theme.muted, lineWidth: 1 });
        c.beginPath();
        c.moveTo(left - 2, y);
        c.lineTo(left - 6, y);
        c.lineTo(left - 6, y + high);
        c.lineTo(left - 2, y + high);
        c.stroke();
      }
    }
  });
}

/** The same boxes one below the other, the residual stream along the left edge. */
function blockNarrow(view, width) {
  const { theme, stack, words } = view;
  const s = theme.scale;
  const [items, paints] = [[], []];
  const [line, left] = [16, 40];
  const wide = width - left - 10;
  let y = 10;
  const node = (box) => {
    placeNode(view, items, paints, box, { x: 24, y, w: width - 34, h: 44 * s });
    y += 44 * s + 10;
  };
  node("in");
  for (const part of blockParts(stack)) {
    const start = y;
    const at = y;
    paints.push((c) =>
      flowText(c, words[`sub_${part.name}`], left, at + 14 * s, {
        font: view.font(650, 13),
        fill: theme.fg,
        most: wide,
      }),
    );
    y += 24 * s;
    for (const column of part.columns) {
      if (column[0].includes("heads")) {
        const per = Math.max(3, Math.min(6, Math.floor(wide / (56 * s))));
        const h = (Math.ceil(stack.heads / per) * Math.min(78, wide / per) + 60) * s;
        placeHeads(view, items, paints, { x: left, y, w: wide, h }, column[0] === "cross_heads");
        y += h + 14;
      } else {
        const w = (wide - 8 * (column.length - 1)) / column.length;
        column.forEach((box, i) => placeBox(view, items, paints, box, { x: left + i * (w + 8), y, w, h: 72 * s }));
        y += 72 * s + 14;
      }
    }
    const end = y;
    paints.push((c) => {
      flowArrow(c, [line, start + 20 * s, left - 2, start + 40 * s], theme.muted, 1.25);
      flowArrow(c, [left + 20, end - 13, left + 20, end - 4, line + 13 * s, end + 6], theme.muted, 1.25);
      plus(c, view, line, end + 8);
    });
    y += 24;
    node(part.add);
    if (part.norm) {
      placeBox(view, items, paints, part.norm, { x: 28, y, w: width - 42, h: 52 * s });
      y += 52 * s + 10;
    }
  }
  const height = y;
  paints.unshift((c) => {
    c.fillStyle = flowTint(theme, theme.fg, 0.1);
    c.fillRect(line - 4, 0, 8, height);
  });
  return flowScene(width, height, items, paints);
}
