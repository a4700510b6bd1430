// Somebody in the same room would use one's microphone: yes or no. Who asks reads that an answer is waited for.

import { emit, h, keyed, setText, show } from "../dom.js";
import { nameOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { View } from "../protocol.js" */

const { shared } = words.teaching;

/**
 * Emits `share-sound` (null: own sound).
 * @extends {ViewElement<View>}
 */
export class SharingQuestions extends ViewElement {
  #asks = h("div", { class: "questions" });
  #asked = h("p", { id: "sharing-asked" });
  #waits = h(
    "div",
    { class: "question" },
    this.#asked,
    h("button", { type: "button", class: "link", id: "sharing-take-back", text: shared.takeBack, on: { click: () => emit(this, "share-sound", null) } }),
  );

  build() {
    this.append(this.#asks, this.#waits);
  }

  /** @param {View} view */
  update(view) {
    keyed(this.#asks, view.sharing_asks, (seat) => seat, (seat) => question(seat, seat === view.sharing_asks[0]), (item, seat) => {
      const text = item.querySelector(".sharing-who");
      if (text) setText(text, shared.asks(nameOf(view, seat)));
    });
    show(this.#waits, view.sharing_asked !== null);
    setText(this.#asked, view.sharing_asked === null ? "" : shared.asked(nameOf(view, view.sharing_asked)));
  }
}

/**
 * @param {string} seat
 * @param {boolean} first
 */
function question(seat, first) {
  const id = (/** @type {string} */ answer) => (first ? `sharing-${answer}` : `sharing-${answer}-${seat}`);
  const item = h(
    "div",
    { class: "question" },
    h("div", {}, h("p", { class: "sharing-who" }), h("p", { class: "quiet", text: shared.consent })),
    h("button", { type: "button", id: id("yes"), text: shared.yes, on: { click: () => command(item, { type: "answer_sharing", seat, yes: true }) } }),
    h("button", { type: "button", id: id("no"), text: shared.refuse, on: { click: () => command(item, { type: "answer_sharing", seat, yes: false }) } }),
  );
  return item;
}

/** @param {View} view */
export function hasSharing(view) {
  return view.sharing_asks.length > 0 || view.sharing_asked !== null;
}

customElements.define("sharing-questions", SharingQuestions);
