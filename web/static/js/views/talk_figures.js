// What can be said about the talk of a lesson, in sentences; how each is counted, when somebody asks; and the rest of the round.

import { emit, h, keyed, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { TalkData } from "./talk.js" */
/** @typedef {{ key: string, text: string, atMs?: number }} Sentence */

const { figures, formulas, how, round } = words.talk;
const PLAIN = /** @type {const} */ ([
  "teacher_share", "teacher_clock_share", "silence_share", "longest_stretch_s", "wait_1_s", "wait_2_s", "pause_s", "long_pauses",
  "overlap_s", "takeovers",
]);
const AMONG_SEVERAL = new Set(["teacher_share", "longest_stretch_s", "overlap_s", "takeovers"]);

/**
 * Emits `jump` (at_ms).
 * @extends {ViewElement<TalkData>}
 */
export class TalkFigures extends ViewElement {
  #list = h("ul", { class: "talk-figures" });
  #source = h("p");
  #formulas = h("ul", { class: "talk-formulas" });
  #rest = h("details", { class: "talk-rest" }, h("summary", { text: round.title }), h("p", { class: "quiet", text: round.intro }));
  #round = h("ul");

  build() {
    const said = [this.#source, ...[how.segment, how.caveat, how.people].map((text) => h("p", { text })), this.#formulas];
    this.#rest.append(this.#round);
    this.append(this.#list, h("details", { class: "talk-how" }, h("summary", { text: how.title }), ...said), this.#rest);
  }

  /** @param {TalkData} talk */
  update(talk) {
    const sentences = sentencesOf(talk);
    keyed(this.#list, sentences, ({ key, atMs }) => `${key}-${atMs !== undefined}`, (sentence) => this.#sentence(sentence), (item, { text }) => {
      if (item.firstElementChild) setText(item.firstElementChild, text);
    });
    setText(this.#source, how[talk.source]);
    const counted = sentences.flatMap(({ key }) => (key in formulas ? [formulas[/** @type {keyof typeof formulas} */ (key)]] : []));
    keyed(this.#formulas, counted, (text) => text, (text) => h("li", { text }), () => {});
    const { phases, turns } = talk.round;
    const lines = [...phases.map(({ title, seconds }) => round.phase(title, seconds)), ...turns.map(({ name, seconds }) => round.turn(name, seconds))];
    keyed(this.#round, lines.map((text, place) => ({ text, place })), ({ place }) => String(place), () => h("li"), (item, { text }) => setText(item, text));
    show(this.#rest, lines.length > 0);
  }

  /** @param {Sentence} sentence */
  #sentence({ key, atMs }) {
    const watch = atMs === undefined ? null : h("button", { type: "button", class: "link", text: figures.watch, on: { click: () => emit(this, "jump", atMs) } });
    return h("li", { "data-figure": key }, h("span"), watch);
  }
}

/**
 * Those for which there is enough to say something.
 * @param {TalkData} talk
 * @returns {Sentence[]}
 */
function sentencesOf({ figures: values, longest_stretch, distribution }) {
  /** @type {Sentence[]} */
  const said = [];
  for (const key of PLAIN) {
    const value = values[key];
    const tells = distribution.colleagues > 0 || !AMONG_SEVERAL.has(key);
    if (typeof value === "number" && tells) said.push({ key, text: figures[key](value) });
  }
  const stretch = said.find(({ key }) => key === "longest_stretch_s");
  if (stretch && longest_stretch) stretch.atMs = longest_stretch[0];
  if (distribution.colleagues > distribution.silent) {
    const chains = values["chains"] ?? 0;
    said.push({ key: "chains", text: chains ? `${figures.chains(chains)} ${figures.longest_chain(values["longest_chain"] ?? 0)}` : figures.chains(0) });
  }
  if (distribution.colleagues > 0) said.push({ key: "silent", text: figures.silent(distribution) });
  if (distribution.gini !== null) said.push({ key: "gini", text: figures.gini(distribution.gini) });
  return said;
}

customElements.define("talk-figures", TalkFigures);
