// The whole network: tokens on one axis, depth on the other; every block shows what it adds to every token.

import { drawLine, percent } from "../../shared/draw.js";
import { brief, whole } from "../../shared/numbers.js";
import {
  flowArrow,
  flowFrame,
  flowNumber,
  flowRound,
  flowScene,
  flowShape,
  flowStrip,
  flowText,
  flowTint,
  flowWrite,
} from "./paint.js";

const FLOW_STRIPES = { o: "attention", cross_o: "attention", down: "mlp" };
const FLOW_PURPOSES = ["embedding", "attention", "mlp", "norms", "head"];

/** The colours of purposes: the same in all scenes. */
export function flowPurpose(view, purpose) {
  const { cool, muted, categories } = view.theme;
  const colours = { embedding: cool, attention: categories[3], mlp: "#d98b00", norms: categories[2], head: muted };
  return colours[purpose] ?? categories[0];
}

/** Lengths of a stack's box at a layer, one per token. */
export function flowLengths(view, stack, box, layer) {
  const at = stack.boxes.indexOf(box);
  const table = view.arrays[`lengths_${stack.name}`];
  if (at < 0) return null;
  const most = table.length / (stack.layers * stack.boxes.length);
  const count = view.rows(stack, box).length;
  const from = (layer * stack.boxes.length + at) * most;
  return table.subarray(from, from + count);
}

/** The boxes that a block adds, and the stream after it. */
function flowAdds(stack) {
  return ["o", ...(stack.cross ? ["cross_o"] : []), "down", stack.pre_norm ? "add_2" : "norm_2"];
}

export function networkScene(view, width, height) {
  return width < 640 ? networkNarrow(view, width) : networkWide(view, width, height);
}

function blockItem(view, stack, layer, rect) {
  const { words, token } = view;
  const label = view.tokensOf(stack)[token];
  const rows = flowAdds(stack).map((box) => [
    words[`adds_${box === "cross_o" || box === "o" || box === "down" ? box : "stream"}`],
    flowNumber(flowLengths(view, stack, box, layer)[token] ?? NaN),
  ]);
  const [attention, mlp, stream] = [rows[0], ...rows.slice(-2)].map((row) => row[1]);
  return {
    ...rect,
    go: { stack: stack.name, layer, head: -1, box: "", cell: -1, cross: false },
    title: view.fill("block_title", { stack: view.stackName(stack), layer: layer }),
    rows: [view.fill("block_tip", { token: label, parameters: stack.blocks[layer] }), ...rows, words.open],
    says: view.fill("block_says", { layer, token: label, attention, mlp, stream }),
  };
}

function outsideOf(view, roles, stack = "") {
  return view.meta.outside.filter(
    (part) => roles.includes(part.role) && (!stack || !part.stack || part.stack === stack),
  );
}

function outsideItem(view, title, parts, rect, more = []) {
  const rows = parts.map((part) => [
    `${view.words[`role_${part.role}`]} · ${flowShape(part.shape)}`,
    part.tied && !part.parameters ? view.words.tied_short : brief(part.parameters),
  ]);
  return { ...rect, title, rows: [...more, ...rows], says: more[0] ?? "" };
}

/** Layers as columns, tokens as rows. */
function networkWide(view, width, height) {
  const { theme, words, meta } = view;
  const s = theme.scale;
  const stacks = meta.stacks;
  const items = [];
  const paints = [];
  const shareH = 34 * s;
  const gap = 26 * s;
  const topH = 44 * s;
  const bandH = (height - shareH - 12 - gap * (stacks.length - 1)) / stacks.length;
  const wide = (stack) => view.tokensOf(stack).map((one) => view.measure(one, view.mono(13, 700)));
  const labelW = Math.min(110 * s, Math.max(30, ...stacks.flatMap(wide)) + 18);
  const boxW = 78 * s;
  const nextW = meta.predicts ? 170 * s : 110 * s;
  stacks.forEach((stack, band) => {
    const y = 8 + band * (bandH + gap);
    const [y0, y1] = [y + topH, y + bandH - 18 * s];
    const last = band === stacks.length - 1;
    const left = 12 + labelW;
    const embedX = left;
    const right = width - 12 - (last ? nextW : 0);
    const normW = stack.final_norm ? 26 * s : 0;
    const from = embedX + boxW + 14;
    const to = right - normW - (normW ? 14 : 0) - (last && meta.predicts ? boxW + 14 : 0) - 12;
    const pitch = Math.min((to - from) / stack.layers, 130 * s);
    const start = from + Math.max(0, (to - from - pitch * stack.layers) / 2);
    const end = start + pitch * stack.layers;
    const tokens = view.tokensOf(stack);
    const rowH = (y1 - y0) / tokens.length;
    // the residual stream behind everything
    paints.push((c) => {
      c.fillStyle = flowTint(theme, theme.fg, 0.05);
      c.fillRect(embedX + boxW, y0, right - embedX - boxW, y1 - y0);
      tokens.forEach((token, t) => {
        const on = view.isToken(stack, t);
        if (rowH < 9 && !on) return;
        const font = view.mono(Math.min(13, Math.max(10, rowH * 0.8)), on ? 700 : 400);
        const look = { font, fill: on ? view.tokenColour : theme.fg, align: "right", base: "middle", most: labelW - 6 };
        flowText(c, token, left - 8, y0 + (t + 0.5) * rowH, look);
      });
    });
    // embedding
    const embeds = outsideOf(view, ["embed", "positions", "types", "embed_norm"], stack.name);
    const embedRect = { x: embedX, y: y0, w: boxW, h: y1 - y0 };
    const about = view.fill(`positions_${meta.positions}`, {});
    items.push(outsideItem(view, words.embedding, embeds, embedRect, [about]));
    paints.push((c) => {
      framed(c, view, embedRect, flowPurpose(view, "embedding"));
      const strip = { x: embedRect.x + 4, y: y0, w: boxW - 8, h: y1 - y0 };
      flowStrip(c, flowLengths(view, stack, "in", 0), strip, view.lengthColour, true);
      flowWrite(c, view, "title", words.embedding, embedX, y + 13 * s, { most: boxW + 8 });
      flowWrite(c, view, "about", brief(embeds.reduce((sum, part) => sum + part.parameters, 0)), embedX, y + 28 * s);
    });
    // blocks
    const inset = Math.max(1, Math.min(5, pitch * 0.08));
    const adds = flowAdds(stack);
    for (let layer = 0; layer < stack.layers; layer++) {
      const rect = { x: start + layer * pitch + inset, y: y0, w: pitch - 2 * inset, h: y1 - y0 };
      items.push(blockItem(view, stack, layer, rect));
    }
    const blockItems = items.slice(-stack.layers);
    paints.push((c) => {
      blockItems.forEach((item, layer) => {
        framed(c, view, item, theme.border, 4);
        const pad = pitch > 16 ? 2 : 1;
        const each = (item.w - 2 * pad) / adds.length;
        adds.forEach((box, i) => {
          const strip = { x: item.x + pad + i * each, y: y0 + 1, w: each - (each > 4 ? 1 : 0), h: y1 - y0 - 2 };
          flowStrip(c, flowLengths(view, stack, box, layer), strip, view.lengthColour, true);
          if (each > 3) {
            c.fillStyle = flowPurpose(view, FLOW_STRIPES[box] ?? "head");
            c.fillRect(item.x + pad + i * each, y0 - 4, each - 1, 3);
          }
        });
        const every = pitch > 17 * s ? 1 : pitch > 9 * s ? 5 : 10;
        if (layer % every === 0 || layer === stack.layers - 1)
          flowWrite(c, view, "small", layer, item.x + item.w / 2, y1 + 13 * s, { align: "center" });
      });
      const name = view.fill("stack_head", { stack: view.stackName(stack), layers: stack.layers });
      const { heads, kv_heads: kv, d_ff: ff } = stack;
      const detail = view.fill("stack_about", { parameters: stack.blocks[stack.layers - 1] ?? 0, heads, kv, ff });
      const wide = flowWrite(c, view, "title", name, start, y + 13 * s, { most: end - start });
      stripeKey(c, view, adds, end, y + 13 * s, end - start - wide - 24);
      flowWrite(c, view, "about", detail, start, y + 28 * s, { most: to - start });
    });
    // final norm, unembedding, next token
    let x = to + 12;
    if (normW) {
      const rect = { x, y: y0, w: normW, h: y1 - y0 };
      const parts = outsideOf(view, ["final_norm"], stack.name);
      items.push(outsideItem(view, words.final_norm, parts, rect, [view.fill(`norm_${meta.norm}`, {})]));
      const values = view.arrays[`final_${stack.name}`];
      paints.push((c) => {
        framed(c, view, rect, flowPurpose(view, "norms"));
        flowStrip(c, values, { x: rect.x + 4, y: y0, w: rect.w - 8, h: rect.h }, view.lengthColour, true);
        flowWrite(c, view, "small", words.norm_short, rect.x + rect.w / 2, y1 + 13 * s, { align: "center" });
      });
      x += normW + 14;
    }
    if (last && meta.predicts) {
      const heads = outsideOf(view, ["head", "transform"]);
      const rect = { x, y: y0, w: boxW, h: y1 - y0 };
      items.push(outsideItem(view, words.unembedding, heads, rect, [meta.tied ? words.tied : words.untied]));
      paints.push((c) => {
        framed(c, view, rect, flowPurpose(view, meta.tied ? "embedding" : "head"));
        hatch(c, view, rect, meta.tied);
        flowWrite(c, view, "title", words.unembedding, rect.x, y + 13 * s, { most: boxW + 15 });
        const own = heads.reduce((sum, part) => sum + part.parameters, 0);
        flowWrite(c, view, "about", meta.tied && !own ? words.tied_short : brief(own), rect.x, y + 28 * s, {
          most: boxW + 10,
        });
      });
      nextTokens(view, paints, { x: x + boxW + 16, y: y0, w: nextW - 16, h: y1 - y0 });
    } else if (last) paints.push((c) => ending(c, view, { x: right + 4, y: y0, w: nextW - 8, h: y1 - y0 }));
    else {
      const into = y + bandH + gap - 2;
      paints.push((c) => {
        flowArrow(
          c,
          [right - 4, y1 + 2, right - 4, into - 8 * s, end - pitch / 2 - 30, into - 8 * s],
          flowPurpose(view, "attention"),
          2,
        );
        flowWrite(c, view, "name", words.to_decoder, right - 10, into - 13 * s, { align: "right" });
      });
    }
    paints.push((c) => markRow(c, view, stack, { x: embedX, y: y0, w: right - embedX }, rowH));
  });
  shareBar(view, items, paints, { x: 12, y: height - shareH, w: width - 24, h: shareH });
  return flowScene(width, height, items, paints);
}

/** What the stripes of a block are, set flush right. */
function stripeKey(context, view, adds, right, y, room) {
  const { theme, words } = view;
  const font = view.font(400, 12);
  const entries = adds.map((box) =>
    box in FLOW_STRIPES ? [`adds_${box}`, FLOW_STRIPES[box]] : ["adds_stream", "head"],
  );
  const widths = entries.map(([word]) => view.measure(words[word], font) + 26);
  if (widths.reduce((sum, wide) => sum + wide, 0) > room) return;
  let x = right - widths.reduce((sum, wide) => sum + wide, 0) + 12;
  entries.forEach(([word, purpose], i) => {
    context.fillStyle = flowPurpose(view, purpose);
    context.fillRect(x, y - 9, 9, 9);
    flowText(context, words[word], x + 13, y, { font, fill: theme.muted });
    x += widths[i];
  });
}

function framed(context, view, { x, y, w, h }, colour, radius = 6) {
  flowFrame(context, view, { x, y: y - 5, w, h: h + 6 }, colour, { radius, fill: view.theme.bg, width: 1.25 });
}

function hatch(context, view, { x, y, w, h }, tied) {
  context.save();
  flowRound(context, x + 4, y, w - 8, h - 3, 3);
  context.clip();
  context.strokeStyle = flowTint(view.theme, flowPurpose(view, tied ? "embedding" : "head"), 0.45);
  context.lineWidth = 1;
  for (let at = -h; at < w; at += 7) {
    drawLine(context, x + at, y + h, x + at + h, y);
  }
  context.restore();
}

function markRow(context, view, stack, { x, y, w }, rowH) {
  const t = view.tokenIn(stack);
  if (t < 0) return;
  Object.assign(context, { strokeStyle: view.tokenColour, lineWidth: 1.5 });
  context.strokeRect(x - 2, y + t * rowH - 0.5, w + 2, Math.max(2, rowH));
}

/** What the model would say after the token in hand. */
function nextTokens(view, paints, { x, y, w, h }) {
  const { theme, words } = view;
  const s = theme.scale;
  paints.push((c) => {
    const t = view.outToken();
    const top = view.arrays.top;
    const all = view.meta.top_labels[t] ?? [];
    const labels = all.slice(0, Math.max(2, Math.floor(h / (25 * s))));
    const label = view.tokensOf(view.lastStack)[t];
    flowWrite(c, view, "title", view.fill(view.lastStack.causal ? "after" : "at", { token: label }), x, y - 31 * s, {
      most: w,
    });
    flowWrite(c, view, "about", words.next, x, y - 16 * s, { most: w });
    const each = Math.min(40 * s, h / Math.max(1, labels.length));
    labels.forEach((one, i) => {
      const p = top[t * all.length + i];
      const at = y + 4 + i * each;
      flowText(c, one, x, at + 13 * s, { font: view.mono(13, i ? 400 : 700), fill: theme.fg, most: w - 52 * s });
      flowWrite(c, view, "about", percent(p), x + w, at + 13 * s, { align: "right" });
      c.fillStyle = flowTint(theme, theme.fg, 0.1);
      c.fillRect(x, at + 18 * s, w, 4);
      c.fillStyle = theme.accent;
      c.fillRect(x, at + 18 * s, Math.max(1, w * p), 4);
    });
  });
}

/** An encoder without a head ends in vectors. */
function ending(context, view, { x, y, w, h }) {
  const { theme, words } = view;
  const look = { font: view.font(400, 12.5), fill: theme.muted };
  view.lines(context, words.vectors_out, x, y + h / 2 - 30 * theme.scale, w, look);
}

/** Where the parameters sit, as one bar. */
function shareBar(view, items, paints, { x, y, w, h }) {
  const { theme, words, meta } = view;
  const s = theme.scale;
  let at = x;
  for (const purpose of FLOW_PURPOSES) {
    const count = meta.shares[purpose];
    if (!count) continue;
    const wide = (w * count) / meta.parameters;
    const rect = { x: at, y: y + 16 * s, w: wide, h: 12 * s };
    const [title, share] = [words[`purpose_${purpose}`], percent(count / meta.parameters)];
    const rows = Object.entries({ [words.parameters]: whole(count), [words.share]: share });
    items.push({ ...rect, y, h, title, rows, says: view.fill("share_says", { purpose: title, count, share }) });
    const from = at;
    paints.push((c) => {
      c.fillStyle = flowPurpose(view, purpose);
      c.fillRect(from, rect.y, Math.max(1, wide - 1), rect.h);
      const text = `${title} ${share}`;
      if (view.measure(text, view.font(400, 12)) < wide - 8)
        flowText(c, text, from, y + 11 * s, { font: view.font(400, 12), fill: theme.fg });
    });
    at += wide;
  }
}

/** Layers one below the other, tokens side by side: for a phone. */
function networkNarrow(view, width) {
  const { theme, words, meta } = view;
  const s = theme.scale;
  const items = [];
  const paints = [];
  const [x0, x1] = [38 * s, width - 12];
  let y = 12;
  const section = (title, about) => {
    const at = y;
    paints.push((c) => {
      flowText(c, title, x0, at + 12 * s, { font: view.font(650, 13), fill: theme.fg, most: x1 - x0 });
      flowWrite(c, view, "about", about, x0, at + 28 * s, { most: x1 - x0 });
    });
    y += 36 * s;
  };
  const bar = (values, colour, height, item) => {
    const rect = { x: x0, y, w: x1 - x0, h: height };
    if (item) items.push({ ...item, ...rect });
    paints.push((c) => {
      framed(c, view, { ...rect, y: rect.y + 5, h: rect.h - 6 }, colour, 4);
      if (values)
        flowStrip(c, values, { x: rect.x + 2, y: rect.y + 2, w: rect.w - 4, h: rect.h - 4 }, view.lengthColour);
    });
    y += height + 4;
  };
  meta.stacks.forEach((stack, band) => {
    const last = band === meta.stacks.length - 1;
    const tokens = view.tokensOf(stack);
    const top = y;
    const embeds = outsideOf(view, ["embed", "positions", "types", "embed_norm"], stack.name);
    section(
      words.embedding,
      `${brief(embeds.reduce((sum, part) => sum + part.parameters, 0))} · ${view.fill(`positions_${meta.positions}`, {})}`,
    );
    bar(
      flowLengths(view, stack, "in", 0),
      flowPurpose(view, "embedding"),
      16 * s,
      outsideItem(view, words.embedding, embeds, {}),
    );
    y += 6;
    const { layers, heads, kv_heads: kv, d_ff: ff } = stack;
    const about = view.fill("stack_about", { parameters: stack.blocks[layers - 1] ?? 0, heads, kv, ff });
    section(view.fill("stack_head", { stack: view.stackName(stack), layers }), about);
    const adds = flowAdds(stack);
    const each = Math.max(5, Math.min(9, 240 / (stack.layers * adds.length))) * s;
    for (let layer = 0; layer < stack.layers; layer++) {
      const rect = { x: x0, y, w: x1 - x0, h: each * adds.length + 4 };
      items.push(blockItem(view, stack, layer, rect));
      paints.push((c) => {
        framed(c, view, { ...rect, y: rect.y + 5, h: rect.h - 6 }, theme.border, 4);
        adds.forEach((box, i) => {
          c.fillStyle =
            box === "down"
              ? flowPurpose(view, "mlp")
              : box.endsWith("o")
                ? flowPurpose(view, "attention")
                : theme.muted;
          c.fillRect(rect.x - 5, rect.y + 2 + i * each, 3, each - 1);
          flowStrip(
            c,
            flowLengths(view, stack, box, layer),
            { x: rect.x + 2, y: rect.y + 2 + i * each, w: rect.w - 4, h: each - 0.5 },
            view.lengthColour,
          );
        });
        flowWrite(c, view, "small", layer, x0 - 10, rect.y + rect.h / 2, { align: "right", base: "middle" });
      });
      y += rect.h + 3;
    }
    y += 6;
    if (stack.final_norm) {
      const at = y;
      paints.push((c) =>
        flowText(c, words.norm_short, x0 - 6, at + 10 * s, {
          font: view.font(400, 10),
          fill: theme.muted,
          align: "right",
        }),
      );
      bar(
        view.arrays[`final_${stack.name}`],
        flowPurpose(view, "norms"),
        14 * s,
        outsideItem(view, words.final_norm, outsideOf(view, ["final_norm"], stack.name), {}, [
          view.fill(`norm_${meta.norm}`, {}),
        ]),
      );
    }
    const bottom = y;
    paints.push((c) => {
      const t = view.tokenIn(stack);
      if (t < 0) return;
      const wide = (x1 - x0) / tokens.length;
      Object.assign(c, { strokeStyle: view.tokenColour, lineWidth: 1.5 });
      c.strokeRect(x0 + t * wide, top + 34 * s, wide, bottom - top - 36 * s);
    });
    if (!last) {
      const at = y;
      paints.push((c) => flowWrite(c, view, "name", words.to_decoder, x0, at + 14 * s, { most: x1 - x0 }));
      y += 30 * s;
    }
  });
  if (meta.predicts) {
    const heads = outsideOf(view, ["head", "transform"]);
    y += 4;
    section(words.unembedding, "");
    const [about, at] = [meta.tied ? words.tied : words.untied, y];
    paints.push((c) => view.lines(c, about, x0, at - 8 * s, x1 - x0, { font: view.font(400, 12), fill: theme.muted }));
    y += 26 * s;
    items.push(outsideItem(view, words.unembedding, heads, { x: x0, y: at - 36 * s, w: x1 - x0, h: 60 * s }, [about]));
    nextTokens(view, paints, { x: x0, y: y + 44 * s, w: x1 - x0, h: 200 * s });
    y += 52 * s + 40 * s * 5;
  } else {
    const at = y;
    paints.push((c) =>
      view.lines(c, words.vectors_out, x0, at + 14, x1 - x0, { font: view.font(400, 12.5), fill: theme.muted }),
    );
    y += 56 * s;
  }
  shareBar(view, items, paints, { x: 12, y, w: width - 24, h: 34 * s });
  return { width, height: y + 42 * s, items, paint: (c) => paints.forEach((paint) => paint(c)) };
}
