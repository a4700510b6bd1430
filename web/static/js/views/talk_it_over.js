// A button that makes a call about this recording, in which both see the same film.

import { h, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */
/** @typedef {{ studio: Studio, review: string, name: string }} State */

const { summary } = words.reviews;

/** @extends {ViewElement<State>} */
export class TalkItOver extends ViewElement {
  #button = h("button", { type: "button", class: "talk-it-over", text: summary.talk, on: { click: () => void this.#make() } });
  #said = h("p", { role: "status" });
  #enter = h("a", { class: "button-link", hidden: true, text: summary.enter });
  /** @type {State | null} */
  #state = null;

  build() {
    this.append(this.#button, this.#said, this.#enter);
    show(this.#said, false);
  }

  /** @param {State} state */
  update(state) {
    this.#state = state;
  }

  async #make() {
    if (this.#state === null) return;
    const { studio, review, name } = this.#state;
    this.#button.disabled = true;
    const answer = await studio.ask("/consultations", { method: "POST", body: { review } });
    this.#button.disabled = false;
    show(this.#said, true);
    setText(this.#said, answer.ok ? summary.talkMade(name) : (answer.body?.message ?? summary.talkFailed));
    if (!answer.ok) return;
    setAttribute(this.#enter, "href", answer.body.url);
    show(this.#button, false);
    show(this.#enter, true);
    this.#enter.focus();
  }
}

customElements.define("talk-it-over", TalkItOver);
