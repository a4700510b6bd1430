// Somebody else leads from now on: the names of those who are here.

import { h, keyed, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { View } from "../protocol.js" */

const { strip } = words.leading;

/** @extends {ViewElement<View>} */
export class HandOver extends ViewElement {
  #names = h("div", { class: "menu-list", role: "group", "aria-label": strip.handOver });
  #nobody = h("p", { class: "quiet", text: strip.nobodyToLead });

  build() {
    this.append(h("p", { class: "menu-title", text: strip.handOver }), this.#names, this.#nobody);
  }

  /** @param {View} view */
  update(view) {
    const people = view.people.filter((person) => person.here && !person.simulated && person.seat !== view.you.seat);
    show(this.#nobody, people.length === 0);
    keyed(this.#names, people, ({ seat }) => seat, ({ seat }) => this.#button(seat), (button, { name }) => setText(button, strip.handOverTo(name)));
  }

  /** @param {string} seat */
  #button(seat) {
    return h("button", { type: "button", class: "quiet-button", "data-seat": seat, on: { click: () => command(this, { type: "hand_over", seat }) } });
  }
}

customElements.define("hand-over", HandOver);
