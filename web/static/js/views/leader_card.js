// A card that whoever leads shows the teacher without a word, large for a short time.

import { h, setText, show } from "../dom.js";
import { isTeacher, leader } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @typedef {{ view: View, now: number }} State */

const SHOWN_MS = 15_000;

/** @extends {ViewElement<State>} */
export class LeaderCard extends ViewElement {
  #seenMs = 0;
  #shownMs = 0;
  #from = h("p", { class: "card-from" });
  #words = h("p", { class: "card-words" });
  #close = h("button", { type: "button", id: "card-seen", text: words.teaching.card.close, on: { click: () => this.#seen() } });

  build() {
    this.setAttribute("role", "alert");
    this.append(this.#from, this.#words, this.#close);
  }

  /** @param {State} state */
  update({ view, now }) {
    const card = view.card;
    const shown = card !== null && isTeacher(view) && card.at_ms !== this.#seenMs && now < card.at_ms + SHOWN_MS;
    show(this, shown);
    if (!shown) return;
    this.#shownMs = card.at_ms;
    setText(this.#from, words.teaching.card.from(leader(view)?.name ?? ""));
    setText(this.#words, words.teaching.card[card.card]);
  }

  #seen() {
    this.#seenMs = this.#shownMs;
    show(this, false);
  }
}

customElements.define("leader-card", LeaderCard);
