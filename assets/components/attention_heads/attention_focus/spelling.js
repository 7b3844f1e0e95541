// Puts the words of one language into the figure's controls. All of them go in as text, never as markup.

import { attributes, make } from "../../shared/dom.js";
import { fillWords, isStatic, percent } from "../../shared/draw.js";
import { formatScore } from "../../shared/token_columns.js";
import { explainDimensions, explainStep, explainView, stepNames, stepNumbers } from "./explain.js";

// Every word that does not change with the pointer.
export function spellAll(view, step) {
  const { words, layer, head } = view;
  view.text(".focus-title", fillWords(words.title, { layer, head }));
  view.text(".focus-waiting", view.preview ? words.loading : "");
  view.find(".focus-lower").classList.toggle("waiting", Boolean(view.preview));
  view.find(".focus-figure").classList.toggle("waiting", Boolean(view.preview?.blank));
  view.text(".focus-query-name", words.query);
  view.text(".focus-key-name", words.key);
  view.text(".focus-matrix-name", words.axes);
  view.find(".focus-scroll").setAttribute("aria-label", words.arcs_name);
  view.find(".focus-plot").setAttribute("aria-label", words.matrix_name);
  view.find(".focus-cards").setAttribute("aria-label", words.steps_name);
  spellHeads(view);
  spellChoices(view);
  spellSteps(view, step);
  spellLegend(view, step);
  view.text(".focus-data", fillWords(words.difference, { difference: formatScore(view.steps.difference) }));
}

function spellChoices(view) {
  const { words, look, state } = view;
  const weight = view.find('[data-choice="weight"]');
  weight.setAttribute("aria-label", words.weight_name);
  weight.title = words.weight_help;
  const rotary = view.find('[data-choice="rotary"]');
  rotary.setAttribute("aria-label", words.rotary_name);
  rotary.hidden = !view.rotary;
  const label = {
    attention: words.weight_attention,
    value: words.weight_value,
    before: words.before_rotary,
    with: words.with_rotary,
  };
  const chosen = new Set([look.weight, look.rotary ? "with" : "before"]);
  for (const button of view.box.querySelectorAll(".focus-choice button")) {
    button.textContent = label[button.dataset.value];
    button.setAttribute("aria-pressed", String(chosen.has(button.dataset.value)));
  }
  const off = state.ablate.includes(`${view.layer}.${view.head}`);
  const ablate = view.text(".focus-ablate", off ? words.ablate_on : words.ablate_off);
  ablate.hidden = isStatic();
  ablate.title = words.ablate_help;
  view.text(".focus-save", words.save);
  ablate.setAttribute("aria-pressed", String(off));
}

// The heads of this layer; those that share a key/value head stand together over one line.
function spellHeads(view) {
  const { words, layer, head, heads, shared, state } = view;
  const strip = view.find(".focus-heads");
  const family = Math.max(1, shared.length);
  const mine = Math.floor(head / family);
  const key = JSON.stringify([layer, head, heads, family, state.ablate, words.pick_head]);
  if (key === view.stripKey) return;
  view.stripKey = key;
  const focused = view.root.activeElement?.dataset?.head;
  strip.setAttribute("aria-label", fillWords(words.heads_name, { layer }));
  strip.classList.toggle("single", family === 1);
  const numbers = Array.from({ length: family }, (_, at) => mine * family + at).join(words.separator);
  strip.title = family > 1 ? fillWords(words.shared, { heads: numbers }) : words.own;
  const groups = Array.from({ length: Math.ceil(heads / family) }, (_, group) => {
    const box = make("div", group === mine ? "focus-family mine" : "focus-family");
    for (let at = group * family; at < Math.min(heads, (group + 1) * family); at += 1)
      box.append(isStatic() ? headLabel(view, at) : headButton(view, at));
    return box;
  });
  strip.replaceChildren(...groups);
  if (focused !== undefined) strip.querySelector(`[data-head="${focused}"]`)?.focus();
}

// In an exported page there is nobody to ask for another head.
function headLabel(view, head) {
  const label = make("span", "focus-plain", String(head));
  if (head === view.head) label.setAttribute("aria-current", "true");
  return label;
}

function headButton(view, head) {
  const button = make("button", "", String(head));
  button.classList.toggle("off", view.state.ablate.includes(`${view.layer}.${head}`));
  const label = fillWords(view.words.pick_head, { layer: view.layer, head });
  return attributes(button, { "aria-pressed": head === view.head, "aria-label": label, "data-head": head });
}

function spellSteps(view, step) {
  const names = stepNames(view);
  for (const card of view.box.querySelectorAll(".focus-cards button")) {
    card.firstElementChild.textContent = names[card.dataset.step];
    card.setAttribute("aria-pressed", String(card.dataset.step === step));
  }
  for (const tab of view.box.querySelectorAll("[data-tab]")) {
    const chosen = tab.dataset.tab === view.tab;
    tab.textContent = tab.dataset.tab === "steps" ? view.words.steps : view.words.dimensions;
    tab.setAttribute("aria-selected", String(chosen));
    tab.tabIndex = chosen ? 0 : -1;
  }
}

function spellLegend(view, step) {
  const weight = step === "softmax";
  const most = weight ? 1 : (view.most[step] ?? view.most.scaled);
  view.text(".focus-low", weight ? percent(0) : formatScore(-most));
  view.text(".focus-high", weight ? percent(1) : formatScore(most));
  view.find(".focus-legend i").style.background = view.colours.legend({ kind: weight ? "weight" : "score", most });
}

// The words that follow the pointer.
export function spellView(view) {
  const resting = view.view.token < 0 && view.view.key < 0;
  view
    .text(".focus-sentence", view.preview?.blank ? view.words.loading : explainView(view))
    .classList.toggle("quiet", resting);
  if (view.tab === "dims") {
    view.text(".focus-dims-note", explainDimensions(view, view.dims));
    return;
  }
  view.text(".focus-steps-note", explainStep(view));
  const numbers = stepNumbers(view);
  for (const card of view.box.querySelectorAll(".focus-cards button")) {
    const number = card.lastElementChild;
    if (number.textContent !== numbers[card.dataset.step]) number.textContent = numbers[card.dataset.step];
  }
}
