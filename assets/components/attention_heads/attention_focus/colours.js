// Colours of weights and scores: a weight runs from background to ink, a score from blue over neutral to orange. Both
// follow the square root of the value, so that small values can be told apart; the legend is drawn by the same rule.

const COLOUR_STEPS = 255; // on each side of zero

function packPixel(css) {
  const [red, green, blue] = css.match(/\d+/g).map(Number);
  return (255 << 24) | (blue << 16) | (green << 8) | red;
}

// The colour functions of one theme. A picture is {kind: "weight"|"score", most}; −Infinity is no colour at all.
export function headColours(theme) {
  const weightCss = Array.from({ length: COLOUR_STEPS + 1 }, (_, at) => theme.sequential(at / COLOUR_STEPS));
  const scoreCss = Array.from({ length: 2 * COLOUR_STEPS + 1 }, (_, at) => theme.diverging(at / COLOUR_STEPS - 1));
  const [weightPixels, scorePixels] = [Uint32Array.from(weightCss, packPixel), Uint32Array.from(scoreCss, packPixel)];
  const weightAt = (value) => Math.round(COLOUR_STEPS * Math.sqrt(Math.min(1, Math.max(0, value))));
  const scoreAt = (value, most) => {
    const share = most ? Math.min(1, Math.sqrt(Math.abs(value) / most)) : 0;
    return COLOUR_STEPS + Math.round(COLOUR_STEPS * share) * Math.sign(value);
  };
  const bold = (share) => 0.35 + 0.65 * share; // a bar's height tells its value; its colour must only be seen
  const colours = {
    pixel({ kind, most }, value) {
      if (value === -Infinity) return 0;
      return kind === "weight" ? weightPixels[weightAt(value)] : scorePixels[scoreAt(value, most)];
    },
    css({ kind, most }, value) {
      if (value === -Infinity) return "transparent";
      return kind === "weight" ? weightCss[weightAt(value)] : scoreCss[scoreAt(value, most)];
    },
    bar: (isWeight, value, most) =>
      isWeight ? theme.sequential(0.42 + 0.38 * Math.sqrt(value)) : colours.signed(value, most),
    signed(value, most) {
      const share = most ? bold(Math.min(1, Math.abs(value) / most)) : 0;
      return scoreCss[COLOUR_STEPS + Math.round(COLOUR_STEPS * share) * Math.sign(value)];
    },
    // A CSS gradient over a linear axis: 0…most of weights, −most…most of scores.
    legend({ kind, most }) {
      const stops = Array.from({ length: 17 }, (_, at) => {
        const share = at / 16;
        return kind === "weight" ? weightCss[weightAt(share)] : scoreCss[scoreAt((2 * share - 1) * most, most)];
      });
      return `linear-gradient(to right, ${stops.join(", ")})`;
    },
  };
  return colours;
}
