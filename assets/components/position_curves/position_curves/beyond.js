// Loss at every position of five models that differ in their positions only, to four times the trained length.

import { fillWords } from "../../shared/draw.js";
import { mixColour } from "../../shared/theme.js";
import { axesBox, clamp, figureHeight, say, spot, trace, upright } from "./plot.js";

import { decimal } from "../../shared/numbers.js";

const BEYOND_SCHEMES = ["sinusoidal", "learned", "rotary", "alibi", "none"];
const BEYOND_DASHES = { sinusoidal: [], learned: [2, 3], rotary: [9, 3], alibi: [], none: [5, 4] };

/** The colour of each scheme, dark enough on light ground and light enough on dark. */
export function schemeColours(theme) {
  const [blue, orange, green, pink, sky] = theme.categories;
  const pick = { sinusoidal: orange, learned: theme.muted, rotary: theme.dark ? sky : blue, alibi: green, none: pink };
  return Object.fromEntries(
    Object.entries(pick).map(([name, colour]) => [name, mixColour(colour, theme.fg, theme.dark ? 0.12 : 0.25)]),
  );
}

export const beyondView = {
  needs: true,

  controls: () => [{ name: "hidden", toggles: BEYOND_SCHEMES, names: "scheme", colours: schemeColours }],

  height: (width, zoom) => figureHeight(width, zoom, 420, 400),

  settle: (state, data) => ({ ...state, spot: clamp(state.spot, 0, (data?.meta.length ?? 256) - 1) }),

  /** Mean of neighbouring positions; each position is measured on other tokens, so single ones are noisy. */
  loss: ({ meta, arrays }, name, at) => arrays.smooth[meta.schemes.indexOf(name) * meta.length + at],

  single: ({ meta, arrays }, name, at) => arrays.loss[meta.schemes.indexOf(name) * meta.length + at],

  shown: (state) => BEYOND_SCHEMES.filter((name) => !state.hidden.includes(name)),

  draw(host) {
    const { context, theme, words, width, height, data, settled } = host;
    const { length, trained } = data.meta;
    const names = this.shown(settled);
    const colours = schemeColours(theme);
    const narrow = width < 700;
    const left = 44 * theme.scale;
    const right = narrow ? 12 : 112 * theme.scale;
    const box = { x: left, y: 26, w: width - left - right, h: height - 26 - 46 };
    const values = (names.length ? names : BEYOND_SCHEMES)
      .flatMap((name) => Array.from({ length }, (_, at) => this.loss(data, name, at)).slice(2))
      .filter(Number.isFinite);
    const [least, most] = [Math.min(...values), Math.max(...values)];
    const pad = Math.max(0.05, (most - least) * 0.06);
    context.fillStyle = mixColour(theme.bg, theme.fg, theme.dark ? 0.09 : 0.05);
    const past = box.x + (trained / (length - 1)) * box.w;
    context.fillRect(past, box.y, box.x + box.w - past, box.h);
    const axis = axesBox(context, theme, box, {
      title: words.beyond_title,
      x: {
        low: 0,
        high: length - 1,
        name: words.beyond_axis,
        ticks: [0, 1, 2, 3, 4].map((n) => Math.min(n * trained, length - 1)),
        format: (value) => String(value === length - 1 ? length : value),
      },
      y: { low: least - pad, high: most + pad },
    });
    context.save();
    context.beginPath();
    context.rect(box.x, box.y - 2, box.w + 2, box.h + 4);
    context.clip();
    for (const name of names)
      trace(
        context,
        length,
        (at) => axis.px(at),
        (at) => axis.py(this.single(data, name, at)),
        { colour: colours[name], width: 1, alpha: 0.3 },
      );
    for (const name of names)
      trace(
        context,
        length,
        (at) => axis.px(at),
        (at) => axis.py(this.loss(data, name, at)),
        { colour: colours[name], width: 2.4, dash: BEYOND_DASHES[name] },
      );
    context.restore();
    upright(context, axis.px(trained), box.y, box.y + box.h, theme.fg, { dash: [4, 3] });
    say(context, theme, fillWords(words.beyond_trained, { trained }), axis.px(trained) + 6, box.y + 14, {
      colour: theme.fg,
      width: box.w - axis.px(trained) + box.x - 8,
    });
    upright(context, axis.px(settled.spot), box.y, box.y + box.h, host.colours.first);
    for (const name of names) {
      const value = this.loss(data, name, settled.spot);
      if (Number.isFinite(value)) spot(context, axis.px(settled.spot), axis.py(value), 4.5, colours[name], theme.bg);
    }
    if (!narrow) this.label(host, axis, names, colours);
    const at = (x) => clamp(Math.round(axis.vx(x)), 0, length - 1);
    host.region({
      ...box,
      cursor: "col-resize",
      drag: (x) => ({ spot: at(x) }),
      tip: (x) => this.tip(host, at(x), names),
    });
  },

  // Each curve's name at its end, moved apart where the ends are close.
  label({ context, theme, words, data }, axis, names, colours) {
    const gap = 16 * theme.scale;
    const { length, trained } = data.meta;
    const ends = names.map((name) => {
      const at = Number.isFinite(this.loss(data, name, length - 1)) ? length - 1 : trained - 1;
      return { name, at, y: axis.py(this.loss(data, name, at)) };
    });
    const far = ends.filter((end) => end.at === length - 1).sort((a, b) => a.y - b.y);
    far.forEach((end, i) => (end.y = i ? Math.max(end.y, far[i - 1].y + gap) : end.y));
    const over = far.length ? far[far.length - 1].y - (axis.y + axis.h) : 0;
    for (const end of far)
      say(context, theme, words[`scheme_${end.name}`], axis.x + axis.w + 8, end.y - Math.max(0, over), {
        size: 13,
        weight: 600,
        colour: colours[end.name],
        base: "middle",
      });
    for (const end of ends)
      if (end.at < length - 1)
        say(context, theme, words[`scheme_${end.name}`], axis.px(end.at) - 6, end.y - 10, {
          size: 13,
          weight: 600,
          colour: colours[end.name],
          align: "right",
        });
  },

  value({ words, data }, name, at) {
    const value = this.loss(data, name, at);
    return Number.isFinite(value) ? decimal(value) : words.beyond_missing;
  },

  tip(host, at, names) {
    return [
      [host.words.position, String(at)],
      ...names.map((name) => [host.words[`scheme_${name}`], this.value(host, name, at)]),
    ];
  },

  says(host) {
    const { words, data, settled } = host;
    const names = this.shown(settled);
    const listed = names.map((name) =>
      fillWords(Number.isFinite(this.loss(data, name, settled.spot)) ? words.beyond_pair : words.beyond_gone, {
        name: words[`scheme_${name}`],
        value: this.value(host, name, settled.spot),
      }),
    );
    const id = settled.spot < data.meta.trained ? "beyond_says_inside" : "beyond_says_outside";
    return names.length
      ? fillWords(words[id], {
          place: settled.spot,
          trained: data.meta.trained,
          values: listed.join(words.beyond_comma),
        })
      : words.beyond_nothing;
  },

  keys: (state, key) =>
    ({
      ArrowLeft: { spot: Math.max(0, state.spot - 1) },
      ArrowRight: { spot: state.spot + 1 },
      ArrowDown: { spot: Math.max(0, state.spot - 16) },
      ArrowUp: { spot: state.spot + 16 },
    })[key],
};
