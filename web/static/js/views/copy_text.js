// A text to take along: one button copies it; where the browser does not allow that, the text stands there to be copied by hand.

import { h, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @typedef {{ label: string, text: string, visible: boolean }} State `visible`: the text can be read before it is copied */

const ANSWER_MS = 3_000;

/** @extends {ViewElement<State>} */
export class CopyText extends ViewElement {
  #timer = 0;
  #label = "";
  #text = h("textarea", { readonly: true, rows: 2, class: "copy-text" });
  #button = h("button", { type: "button", on: { click: () => void this.#copy() } });
  #answer = h("span", { class: "visually-hidden", role: "status" });

  build() {
    this.append(this.#text, this.#button, this.#answer);
    show(this.#text, false);
  }

  /** @param {State} state */
  update({ label, text, visible }) {
    this.#label = label;
    if (this.#timer === 0) setText(this.#button, label);
    this.#text.setAttribute("aria-label", label);
    if (this.#text.value !== text) this.#text.value = text;
    if (visible) show(this.#text, true);
  }

  async #copy() {
    const copied = await navigator.clipboard?.writeText(this.#text.value).then(() => true).catch(() => false);
    if (!copied) {
      show(this.#text, true);
      this.#text.select();
    }
    this.#say(copied ? words.copy.copied : words.copy.failed);
  }

  /** @param {string} answer */
  #say(answer) {
    setText(this.#button, answer);
    setText(this.#answer, answer);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = 0;
      setText(this.#button, this.#label);
      setText(this.#answer, "");
    }, ANSWER_MS);
  }
}

customElements.define("copy-text", CopyText);
