// Who is here as the consultant: said by the one who leads, for anybody who is here.

import { h, keyed, setAttribute, setText } from "../dom.js";
import { may } from "../reading.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { Person, View } from "../protocol.js" */

const { consultants } = words.leading;

/** @extends {ViewElement<View>} */
export class ConsultantChoice extends ViewElement {
  #names = h("div", { class: "menu-list", role: "group", "aria-label": consultants.title });

  build() {
    this.append(h("p", { class: "menu-title", text: consultants.title }), this.#names);
  }

  /** @param {View} view */
  update(view) {
    keyed(this.#names, consultable(view), ({ seat }) => seat, () => h("button", { type: "button", class: "quiet-button toggle" }), (button, person) => {
      setText(button, person.seat === view.you.seat ? words.faces.you(person.name) : person.name);
      setAttribute(button, "aria-pressed", String(person.consults));
      button.onclick = () => command(this, { type: "set_consultant", seat: person.seat, on: !person.consults });
    });
  }
}

/** @param {View} view */
export function choosesConsultant(view) {
  return may(view, "set_consultant") && !view.alone && consultable(view).length > 0;
}

/** Somebody who teaches is nobody's consultant. @param {View} view @returns {Person[]} */
function consultable(view) {
  return view.people.filter((person) => person.consults || (person.here && !person.simulated && person.teaches === null));
}

customElements.define("consultant-choice", ConsultantChoice);
