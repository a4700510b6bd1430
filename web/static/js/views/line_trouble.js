// For the one who leads: whose connection is weak, in which direction, and a suggestion that can be made with one press.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { nameOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { Connections, View, Way } from "../protocol.js" */

const { leading } = words.line;
const TOLD_MS = 30_000;
const MOST = 3;
const GRAVEST = ["both", "up", "down"];

/** @extends {ViewElement<{ view: View, lines: Connections }>} */
export class LineTrouble extends ViewElement {
  #list = h("ul", { class: "line-trouble" });
  #more = h("p", { class: "quiet line-trouble-more" });

  build() {
    this.append(this.#list, this.#more);
  }

  /** @param {{ view: View, lines: Connections }} state */
  update({ view, lines: { ways } }) {
    const troubled = Object.entries(ways).map(([seat, way]) => ({ seat, way, name: nameOf(view, seat) }));
    troubled.sort((a, b) => GRAVEST.indexOf(a.way) - GRAVEST.indexOf(b.way));
    show(this, troubled.length > 0);
    setText(this.#more, troubled.length > MOST ? leading.more(troubled.length - MOST) : "");
    keyed(this.#list, troubled.slice(0, MOST), ({ seat }) => seat, () => new TroubledPerson(), (item, person) => item.render(person));
  }
}

/** @extends {ViewElement<{ seat: string, way: Way, name: string }>} */
class TroubledPerson extends ViewElement {
  #seat = "";
  #name = "";
  #words = h("span");
  #suggest = h("button", { type: "button", class: "quiet-button", text: leading.suggest, on: { click: () => this.#ask() } });
  #told = h("span", { class: "quiet", role: "status" });

  build() {
    this.setAttribute("role", "listitem");
    this.append(this.#words, this.#suggest, this.#told);
  }

  /** @param {{ seat: string, way: Way, name: string }} person */
  update({ seat, way, name }) {
    this.#seat = seat;
    this.#name = name;
    setAttribute(this, "data-seat", seat);
    setText(this.#words, leading[way](name));
    show(this.#suggest, way !== "down"); // what somebody sends does not stand in the way of what they get
    setAttribute(this.#suggest, "aria-label", leading.suggestAloud(name));
  }

  /** Once in a while is enough. */
  #ask() {
    this.#suggest.disabled = true;
    command(this, { type: "suggest_camera_off", seat: this.#seat }, ({ accepted }) => {
      setText(this.#told, accepted ? leading.done(this.#name) : "");
      setTimeout(() => this.#forget(), accepted ? TOLD_MS : 0);
    });
  }

  #forget() {
    this.#suggest.disabled = false;
    setText(this.#told, "");
  }
}

customElements.define("line-trouble", LineTrouble);
customElements.define("troubled-person", TroubledPerson);
