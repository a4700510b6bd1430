// Who teaches when, and who is still missing.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { absent, beginnings, teachersOf, yourself } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */

/** @extends {ViewElement<View>} */
export class RoomOrder extends ViewElement {
  #list = h("ol", { class: "order-list" });
  #taken = h("p", { class: "quiet", id: "places-taken", text: words.order.taken });
  #missing = h("p", { class: "quiet" });

  build() {
    this.append(h("h2", { text: words.order.title }), this.#list, this.#taken, this.#missing);
  }

  /** @param {View} view */
  update(view) {
    const begins = beginnings(view);
    keyed(this.#list, teachersOf(view), (person) => person.seat, () => h("li"), (item, person) => {
      const own = person.seat === view.you.seat;
      setText(item, words.order.entry(own ? words.faces.you(person.name) : person.name, begins.get(person.seat) ?? null));
      setAttribute(item, "data-own", own);
    });
    show(this.#taken, view.places_taken && !view.alone && yourself(view)?.teaches === null);
    const missing = absent(view).map((person) => person.name);
    setText(this.#missing, missing.length ? words.order.missing(missing) : words.order.complete);
    show(this.#missing, view.people.length > 1);
  }
}

customElements.define("room-order", RoomOrder);
