// The order of those who teach: moved by pointer, by buttons or by arrow keys. Below it, who does not teach; a button moves them up or down.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import { moved } from "../reading.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { Person } from "../protocol.js" */
/** @typedef {{ person: Person, begins_ms: number | null, own: boolean }} Told */
/** @typedef {{ teachers: Told[], others: Told[], movable: boolean, choosable: boolean }} State */

const { desk } = words.leading;
const TICKS = /** @type {const} */ (["opened", "media", "card"]);
const STEPS = new Map([["ArrowUp", -1], ["ArrowDown", 1]]);

/** Emits `command` (set_order). @extends {ViewElement<State>} */
export class DeskOrder extends ViewElement {
  /** @type {State} */
  #state = { teachers: [], others: [], movable: false, choosable: false };
  /** @type {{ seat: string, to: number } | null} */
  #drag = null;
  #list = h("ol", { class: "desk-people" });
  #hint = h("p", { class: "quiet", text: desk.hint });
  #othersTitle = h("h3", { text: desk.colleagues });
  #others = h("ul", { class: "desk-people" });
  #said = h("p", { class: "visually-hidden", role: "status" });

  build() {
    this.append(this.#list, this.#hint, this.#othersTitle, this.#others, this.#said);
    this.#list.addEventListener("pointerdown", (event) => this.#grab(event));
    this.#list.addEventListener("pointermove", (event) => this.#dragTo(event.clientY));
    this.#list.addEventListener("pointerup", () => this.#drop(true));
    this.#list.addEventListener("pointercancel", () => this.#drop(false));
    this.#list.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("teaches", (event) => {
      if (event instanceof CustomEvent) this.#choose(event.detail);
    });
  }

  /** @param {State} state */
  update(state) {
    this.#state = state;
    this.#draw();
    show(this.#hint, state.movable);
    show(this.#othersTitle, state.others.length > 0);
    keyed(this.#others, state.others, (told) => told.person.seat, () => new DeskPerson(false), (item, told) => {
      item.render(told);
      item.choosable(state.choosable && !told.person.simulated);
    });
  }

  #draw() {
    const focused = document.activeElement;
    const held = focused instanceof HTMLElement && this.#list.contains(focused) ? focused : null;
    const bySeat = new Map(this.#state.teachers.map((told) => [told.person.seat, told]));
    const order = this.#drag ? moved(this.#seats(), this.#drag.seat, this.#drag.to) : this.#seats();
    const teachers = order.map((seat) => /** @type {Told} */ (bySeat.get(seat))).filter(Boolean);
    keyed(this.#list, teachers, (told) => told.person.seat, () => new DeskPerson(true), (item, told) => {
      item.render(told);
      item.movable(this.#state.movable);
      item.choosable(this.#state.choosable && !told.person.simulated);
      setAttribute(item, "data-dragged", this.#drag?.seat === told.person.seat);
    });
    if (held && document.activeElement !== held) held.focus({ preventScroll: true });
  }

  #seats() {
    return this.#state.teachers.map((told) => told.person.seat);
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    const item = event.target instanceof Element ? event.target.closest("desk-person") : null;
    const onButton = event.target instanceof Element && event.target.closest("button");
    if (!this.#state.movable || event.button !== 0 || onButton || !(item instanceof DeskPerson)) return;
    const byTouch = event.pointerType !== "mouse" && !(event.target instanceof Element && event.target.closest(".grip"));
    if (byTouch) return; // A finger on a name scrolls; one on the grip moves it.
    event.preventDefault();
    this.#list.setPointerCapture(event.pointerId);
    this.#drag = { seat: item.seat, to: this.#seats().indexOf(item.seat) };
    this.#draw();
  }

  /** @param {number} y */
  #dragTo(y) {
    if (!this.#drag) return;
    const seat = this.#drag.seat;
    const others = [...this.#list.children].filter((item) => item instanceof DeskPerson && item.seat !== seat);
    const above = others.filter((item) => middleOf(item) < y).length;
    if (above === this.#drag.to) return;
    this.#drag = { seat, to: above };
    this.#draw();
  }

  /** @param {boolean} wanted */
  #drop(wanted) {
    const drag = this.#drag;
    this.#drag = null;
    if (!drag) return;
    if (wanted) this.#move(drag.seat, drag.to);
    else this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = STEPS.get(event.key);
    const item = event.target instanceof Element ? event.target.closest("desk-person") : null;
    if (step === undefined || !(item instanceof DeskPerson) || !this.#state.movable) return;
    event.preventDefault();
    this.#move(item.seat, this.#seats().indexOf(item.seat) + step);
  }

  /**
   * @param {string} seat
   * @param {number} to
   */
  #move(seat, to) {
    const seats = this.#seats();
    if (to < 0 || to >= seats.length || seats[to] === seat) return this.#draw();
    const name = this.#state.teachers.find((told) => told.person.seat === seat)?.person.name ?? "";
    command(this, { type: "set_order", order: moved(seats, seat, to) }, (answer) => {
      if (answer.accepted) setText(this.#said, desk.moved(name, to + 1));
    });
  }

  /** @param {string} seat who is given a round, or loses it */
  #choose(seat) {
    const seats = this.#seats();
    const teaches = !seats.includes(seat);
    const name = [...this.#state.teachers, ...this.#state.others].find((told) => told.person.seat === seat)?.person.name ?? "";
    command(this, { type: "set_order", order: teaches ? [...seats, seat] : seats.filter((other) => other !== seat) }, (answer) => {
      if (!answer.accepted) return;
      setText(this.#said, teaches ? desk.nowTeaches(name) : desk.nowTeachesNot(name));
      for (const item of this.querySelectorAll("desk-person")) if (item instanceof DeskPerson && item.seat === seat) item.reach();
    });
  }
}

/** One person with three ticks. Emits `teaches`: who is to teach, or not. @extends {ViewElement<Told>} */
class DeskPerson extends ViewElement {
  seat = "";
  #name = h("span", { class: "desk-name" });
  #at = h("span", { class: "desk-at" });
  #ticks = h("ul", { class: "ticks" });
  #up = this.#arrow("ArrowUp", "↑");
  #down = this.#arrow("ArrowDown", "↓");
  #choose = h("button", { type: "button", class: "link", on: { click: () => emit(this, "teaches", this.seat) } });
  #grip = h("span", { class: "grip", "aria-hidden": "true", text: "⠿" });
  #teaches;

  /** @param {boolean} teaches */
  constructor(teaches) {
    super();
    this.#teaches = teaches;
  }

  build() {
    setAttribute(this, "role", "listitem");
    if (this.#teaches) this.append(this.#grip);
    this.append(this.#at, this.#name, this.#ticks);
    if (this.#teaches) this.append(h("span", { class: "arrows" }, this.#up, this.#down));
    setText(this.#choose, this.#teaches ? desk.teachesNot : desk.teaches);
    this.append(this.#choose);
  }

  /** @param {Told} told */
  update({ person, begins_ms, own }) {
    this.seat = person.seat;
    setAttribute(this, "data-seat", person.seat);
    const name = own ? words.faces.you(person.name) : person.name;
    setText(this.#name, person.consults ? words.faces.consults(name) : name);
    setText(this.#at, begins_ms === null ? "" : desk.about(begins_ms));
    const done = { opened: person.here, media: person.media_works, card: person.card_written };
    const shown = TICKS.filter((tick) => done[tick] !== null);
    keyed(this.#ticks, shown, (tick) => tick, () => h("li"), (item, tick) => {
      setText(item, desk[tick]);
      setAttribute(item, "data-done", done[tick] === true);
      setAttribute(item, "aria-label", desk.tick(desk[tick], done[tick]));
    });
    setAttribute(this.#choose, "aria-label", `${person.name}: ${this.#teaches ? desk.teachesNot : desk.teaches}`);
    setAttribute(this.#up, "aria-label", desk.up(person.name));
    setAttribute(this.#down, "aria-label", desk.down(person.name));
  }

  /** @param {boolean} can */
  movable(can) {
    show(this.#up, can);
    show(this.#down, can);
    show(this.#grip, can);
  }

  /** @param {boolean} can */
  choosable(can) {
    show(this.#choose, can);
  }

  reach() {
    this.#choose.focus();
  }

  /**
   * @param {"ArrowUp" | "ArrowDown"} key
   * @param {string} text
   */
  #arrow(key, text) {
    const press = () => this.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
    return h("button", { type: "button", class: "plain", text, on: { click: press } });
  }
}

/** @param {Element} item */
function middleOf(item) {
  const { top, height } = item.getBoundingClientRect();
  return top + height / 2;
}

customElements.define("desk-person", DeskPerson);
customElements.define("desk-order", DeskOrder);
