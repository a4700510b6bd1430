// A consultant's summary as the teacher reads it; the consultant sees the same before it is sent.

import { emit, h, keyed, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @typedef {{ text: string, at_ms: number | null }} Suggestion */
/** @typedef {{ version: number, worked: string, suggestions: Suggestion[] }} Summary */
/** @typedef {{ summary: Summary, choosable: boolean }} State `choosable`: a suggestion can become the one thing */

const { summary: summaryWords } = words.reviews;

/** Emits `jump` (at_ms) and `choose-thing` (text). @extends {ViewElement<State>} */
export class ReviewSummary extends ViewElement {
  #workedTitle = h("h3", { text: summaryWords.worked });
  #worked = h("p", { class: "review-words" });
  #suggestionsTitle = h("h3", { text: summaryWords.suggestions });
  #suggestions = h("ol", { class: "review-suggestions" });
  #empty = h("p", { class: "quiet", text: summaryWords.empty });

  build() {
    this.append(this.#workedTitle, this.#worked, this.#suggestionsTitle, this.#suggestions, this.#empty);
  }

  /** @param {State} state */
  update({ summary: { worked, suggestions }, choosable }) {
    setText(this.#worked, worked);
    for (const node of [this.#workedTitle, this.#worked]) show(node, worked !== "");
    for (const node of [this.#suggestionsTitle, this.#suggestions]) show(node, suggestions.length > 0);
    show(this.#empty, worked === "" && suggestions.length === 0);
    const numbered = suggestions.map((each, number) => ({ ...each, key: `${number} ${each.at_ms} ${each.text}` }));
    keyed(this.#suggestions, numbered, ({ key }) => key, (each) => this.#item(each, choosable), () => {});
  }

  /**
   * @param {Suggestion} suggestion
   * @param {boolean} choosable
   */
  #item({ text, at_ms }, choosable) {
    const jump = () => emit(this, "jump", at_ms);
    const choose = () => emit(this, "choose-thing", text);
    const at = at_ms === null ? null : h("button", { type: "button", class: "link", text: summaryWords.at(words.position(at_ms)), on: { click: jump } });
    const one = choosable ? h("button", { type: "button", class: "choose-suggestion", text: summaryWords.choose, on: { click: choose } }) : null;
    return h("li", {}, h("p", { class: "review-words", text }), at || one ? h("div", { class: "row" }, at, one) : null);
  }
}

customElements.define("review-summary", ReviewSummary);
