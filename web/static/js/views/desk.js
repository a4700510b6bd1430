// For the one who leads, before the start: the people in the order in which they teach, and what each of them still needs.

import { h, setText, show } from "../dom.js";
import { beginnings, may, teachersOf } from "../reading.js";
import * as words from "../words.js";
import { ConsultantChoice, choosesConsultant } from "./consultants.js";
import { CopyText } from "./copy_text.js";
import { DeskOrder } from "./desk_order.js";
import { DiskState } from "./disk_state.js";
import { HandOver } from "./hand_over.js";
import { LineTrouble } from "./line_trouble.js";
import { paceWords } from "./pace.js";
import { ViewElement } from "./view.js";

/** @import { Connections, Person, View } from "../protocol.js" */

const { desk } = words.leading;

/** @extends {ViewElement<{ view: View, lines: Connections }>} */
export class RoomDesk extends ViewElement {
  #pace = h("p", { class: "desk-pace", id: "desk-pace" });
  #disk = new DiskState();
  #trouble = new LineTrouble();
  #order = new DeskOrder();
  #leftOut = h("p", { class: "quiet", id: "desk-left-out" });
  #invite = new CopyText();
  #handOver = new HandOver();
  #consultants = new ConsultantChoice();
  #more = h("details", { class: "desk-more" }, h("summary", { text: desk.more }), h("div", { class: "menu-list" }, this.#consultants, this.#handOver));

  build() {
    this.#invite.id = "copy-invitation";
    this.append(h("h2", { text: desk.title }), this.#pace, this.#disk, this.#trouble, this.#order, this.#leftOut, this.#invite, this.#more);
    this.#more.addEventListener("command", () => (this.#more.open = false));
  }

  /** @param {{ view: View, lines: Connections }} state */
  update({ view, lines }) {
    setText(this.#pace, view.pace ? paceWords(view.pace) : "");
    this.#disk.render(view);
    this.#trouble.render({ view, lines });
    const begins = beginnings(view);
    const teachers = teachersOf(view);
    const others = view.people.filter((person) => person.teaches === null);
    const told = (/** @type {Person} */ person) => ({ person, begins_ms: begins.get(person.seat) ?? null, own: person.seat === view.you.seat });
    const choosable = may(view, "set_order") && !view.alone;
    this.#order.render({ teachers: teachers.map(told), others: others.map(told), movable: choosable && teachers.length > 1, choosable });
    setText(this.#leftOut, view.recording.left_out ? desk.leftOut(view.recording.left_out) : "");
    show(this.#leftOut, view.recording.left_out > 0);
    this.#updateInvitation();
    this.#handOver.render(view);
    show(this.#handOver, may(view, "hand_over"));
    this.#consultants.render(view);
    show(this.#consultants, choosesConsultant(view));
    show(this.#more, !this.#handOver.hidden || !this.#consultants.hidden);
  }

  /** The link is the page's own; the session does not know it. */
  #updateInvitation() {
    const text = this.closest("[data-invitation]")?.getAttribute("data-invitation") ?? "";
    this.#invite.render({ label: desk.invite, text, visible: false });
    show(this.#invite, text !== "");
  }
}

customElements.define("room-desk", RoomDesk);
