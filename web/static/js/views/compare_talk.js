// The talk of both tries in one table, each figure with how it is counted. Nothing is added up to a score, and neither is called better.

import { h, keyed, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { TalkData } from "./talk.js" */
/** @typedef {{ first: TalkData | null, second: TalkData | null }} State */

const { compare, rows } = words.compare;
const { formulas } = words.talk;
const KEYS = /** @type {const} */ ([
  "teacher_share", "teacher_clock_share", "silence_share", "longest_stretch_s", "wait_1_s", "wait_2_s", "pause_s", "long_pauses", "overlap_s", "takeovers",
]);

/** @extends {ViewElement<State>} */
export class CompareTalk extends ViewElement {
  #body = h("tbody");
  #head = h("tr", {}, ...[compare.what, compare.first, compare.second].map((text) => h("th", { scope: "col", text })));
  #table = h("table", {}, h("caption", { text: compare.talkTitle }), h("thead", {}, this.#head), this.#body);
  #formulas = h("ul");
  #wait = h("p", { class: "quiet", role: "status", text: compare.noTalk });

  build() {
    this.append(this.#wait, this.#table, h("details", {}, h("summary", { text: compare.counted }), this.#formulas));
  }

  /** @param {State} state */
  update({ first, second }) {
    const told = KEYS.filter((key) => typeof first?.figures[key] === "number" || typeof second?.figures[key] === "number");
    show(this.#wait, told.length === 0);
    show(this.#table, told.length > 0);
    keyed(this.#formulas, told, (key) => key, (key) => h("li", { text: formulas[key] }), () => {});
    keyed(this.#body, told, (key) => key, (key) => figureRow(key), (row, key) => {
      const [, one, two] = row.children;
      if (one) setText(one, valueOf(key, first));
      if (two) setText(two, valueOf(key, second));
    });
  }
}

/** @param {(typeof KEYS)[number]} key */
function figureRow(key) {
  return h("tr", { "data-figure": key }, h("th", { scope: "row", text: rows[key].label }), h("td"), h("td"));
}

/**
 * @param {(typeof KEYS)[number]} key
 * @param {TalkData | null} talk
 */
function valueOf(key, talk) {
  const value = talk?.figures[key];
  return typeof value === "number" ? rows[key].value(value) : "–";
}

customElements.define("compare-talk", CompareTalk);
