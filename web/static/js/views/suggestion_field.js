// One suggestion of a summary: a line, and perhaps the moment of the film that it is about.

import { emit, h, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Suggestion } from "./review_summary.js" */

const { writing } = words.reviews;
const LONGEST = 500;

/** Emits `input`, and `jump` (at_ms). @extends {ViewElement<Suggestion>} */
export class SuggestionField extends ViewElement {
  #number;
  #text = h("input", { type: "text", maxlength: LONGEST, autocomplete: "off", placeholder: writing.suggestionHint });
  #set = h("button", { type: "button", class: "link", on: { click: () => this.#point(this.#placeMs) } });
  #jump = h("button", { type: "button", class: "link", on: { click: () => emit(this, "jump", this.#atMs) } });
  #unset = h("button", { type: "button", class: "link", text: writing.noMoment, on: { click: () => this.#point(null) } });
  #placeMs = 0;
  /** @type {number | null} */
  #atMs = null;

  /** @param {number} number */
  constructor(number) {
    super();
    this.#number = number;
  }

  /** @returns {Suggestion} */
  get value() {
    return { text: this.#text.value.trim(), at_ms: this.#atMs };
  }

  build() {
    setAttribute(this.#text, "id", `review-suggestion-${this.#number}`);
    setAttribute(this.#text, "aria-label", writing.suggestion(this.#number));
    this.append(this.#text, h("div", { class: "row" }, this.#set, this.#jump, this.#unset));
    this.#text.addEventListener("input", () => this.#showMoment());
  }

  /** @param {Suggestion} suggestion */
  update({ text, at_ms }) {
    if (this.#text.value.trim() !== text) this.#text.value = text;
    this.#atMs = at_ms;
    this.#showMoment();
  }

  /** @param {number} atMs where the film is */
  place(atMs) {
    this.#placeMs = atMs;
    setText(this.#set, writing.here(words.position(atMs)));
  }

  /** @param {number | null} atMs */
  #point(atMs) {
    this.#atMs = atMs;
    this.#showMoment();
    (atMs === null ? this.#set : this.#jump).focus();
    this.dispatchEvent(new Event("input", { bubbles: true }));
  }

  #showMoment() {
    const written = this.#text.value.trim() !== "";
    show(this.#set, written && this.#atMs === null);
    show(this.#jump, this.#atMs !== null);
    show(this.#unset, this.#atMs !== null);
    if (this.#atMs !== null) setText(this.#jump, writing.jump(words.position(this.#atMs)));
  }
}

customElements.define("suggestion-field", SuggestionField);
