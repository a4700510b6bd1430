// Two microphones hear the same room: one tap makes one of them serve both.

import { emit, h, setText, show } from "../dom.js";
import { nameOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */

/**
 * Emits `share-sound` (seat).
 * @extends {ViewElement<View>}
 */
export class SameRoom extends ViewElement {
  #seat = "";
  /** Seats that the person has said to be elsewhere, or about whose microphone one of the two has asked. @type {Set<string>} */
  #apart = new Set();
  #question = h("p");
  #yes = h("button", { type: "button", id: "same-room-yes", text: words.teaching.shared.yes, on: { click: () => emit(this, "share-sound", this.#seat) } });
  #no = h("button", { type: "button", class: "link", id: "same-room-no", text: words.teaching.shared.no, on: { click: () => this.#dismiss() } });

  build() {
    this.setAttribute("role", "status");
    this.append(this.#question, h("p", { class: "quiet", text: words.teaching.settings.agree }), h("div", { class: "same-room-buttons" }, this.#yes, this.#no));
  }

  /** @param {View} view */
  update(view) {
    for (const seat of [...view.sharing_asks, view.sharing_asked]) if (seat !== null) this.#apart.add(seat);
    const offered = view.same_room !== null && !this.#apart.has(view.same_room) && view.phase.part !== "ended";
    show(this, offered);
    if (view.same_room === null || !offered) return;
    this.#seat = view.same_room;
    setText(this.#question, words.teaching.shared.suggest(nameOf(view, view.same_room)));
  }

  #dismiss() {
    this.#apart.add(this.#seat);
    show(this, false);
  }
}

customElements.define("same-room", SameRoom);
