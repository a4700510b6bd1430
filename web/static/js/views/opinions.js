// Opinions by permission: a colleague says what it is about and asks, the teacher wants to hear it or does not.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { isTeacher, may, nameOf, situationOf } from "../reading.js";
import { openOffers } from "../reading_lanes.js";
import { randomWord } from "../random.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { Offer, View } from "../protocol.js" */

const MOST = 200;
const { offers } = words.together;

/** @extends {ViewElement<View>} */
export class RoomOpinions extends ViewElement {
  #title = h("h2", { text: offers.title });
  #text = h("input", { type: "text", id: "opinion-text", maxlength: MOST, autocomplete: "off", enterkeyhint: "send" });
  #ask = h("button", { type: "submit", class: "primary", id: "opinion-ask", text: offers.mayI });
  #form = h("form", { class: "opinion-form", on: { submit: (event) => this.#offer(event) } }, h("label", { for: "opinion-text", text: offers.about }), this.#text, this.#ask);
  #list = h("ul", { class: "opinion-list", "aria-live": "polite" });
  #none = h("p", { class: "quiet", text: offers.none });

  build() {
    this.append(this.#title, this.#form, this.#list, this.#none);
  }

  /** @param {View} view */
  update(view) {
    const own = view.offers.filter(({ seat }) => seat === view.you.seat);
    const shown = isTeacher(view) ? openOffers(view) : [...own, ...openOffers(view).filter((offer) => !own.includes(offer))];
    show(this.#form, may(view, "offer_opinion") && openOffers(view).every((offer) => !own.includes(offer)));
    setAttribute(this.#ask, "class", view.floor.turn === view.you.seat || (view.you.leads && view.floor.turn !== null) ? null : "primary"); // one coloured button
    keyed(this.#list, shown, ({ offer }) => offer, () => new OpinionItem(), (item, offer) => item.render({ view, offer }));
    show(this.#none, shown.length === 0 && isTeacher(view));
  }

  /** @param {Event} event */
  #offer(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    if (text === "") return this.#text.focus();
    this.#text.value = "";
    command(this, { type: "offer_opinion", offer: randomWord(), text }, (answer) => {
      if (!answer.accepted && this.#text.value === "") this.#text.value = text;
    });
  }
}

/** @extends {ViewElement<{ view: View, offer: Offer }>} */
class OpinionItem extends ViewElement {
  #offer = "";
  #text = h("p");
  #state = h("p", { class: "quiet" });
  #yes = h("button", { type: "button", class: "opinion-yes", text: offers.yes, on: { click: () => this.#answer(true) } });
  #no = h("button", { type: "button", class: "opinion-no", text: offers.no, on: { click: () => this.#answer(false) } });
  #buttons = h("div", { class: "equal-buttons two" }, this.#yes, this.#no);

  build() {
    setAttribute(this, "role", "listitem");
    this.append(this.#text, this.#state, this.#buttons);
  }

  /** @param {{ view: View, offer: Offer }} state */
  update({ view, offer: { offer, seat, text, state } }) {
    this.#offer = offer;
    const name = nameOf(view, seat);
    setText(this.#text, seat === view.you.seat ? offers.yours(text) : offers.has(name, text));
    setText(this.#state, offers.state[state]);
    setAttribute(this, "data-state", state);
    const answers = may(view, "answer_offer") && (state === "asked" || state === "yes");
    show(this.#buttons, answers);
    show(this.#yes, state === "asked");
    show(this.#state, !answers || state === "yes");
    setAttribute(this.#yes, "aria-label", offers.yesTo(name));
    setAttribute(this.#no, "aria-label", offers.noTo(name));
  }

  /** @param {boolean} yes */
  #answer(yes) {
    command(this, { type: "answer_offer", offer: this.#offer, yes });
  }
}

/** @param {View} view */
export function hasOpinions(view) {
  return situationOf(view) === "permission" && (isTeacher(view) || may(view, "offer_opinion") || view.offers.length > 0);
}

customElements.define("opinion-item", OpinionItem);
customElements.define("room-opinions", RoomOpinions);
