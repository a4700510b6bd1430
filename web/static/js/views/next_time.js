// When the group meets next and who teaches: settled by the one who leads, put into everybody's calendar.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { may, nameOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @typedef {{ view: View, now: number }} State */

const { nextTime } = words.leading;
const WEEK_MS = 7 * 24 * 3_600_000;
const QUARTER_MS = 15 * 60_000;
const USUAL_MINUTES = 40;

/** Emits `command` (plan_next). @extends {ViewElement<State>} */
export class NextTime extends ViewElement {
  #filled = false;
  #changing = false;
  #when = h("p", { class: "next-when", id: "next-when" });
  #who = h("p");
  #calendar = h("a", { class: "button-link", id: "next-calendar", text: nextTime.calendar });
  #change = h("button", { type: "button", id: "next-change", text: nextTime.change, on: { click: () => this.#open() } });
  #settled = h("div", { class: "next-settled" }, this.#when, this.#who, h("div", { class: "row" }, this.#calendar, this.#change));
  #date = h("input", { type: "date", id: "next-date", required: true });
  #time = h("input", { type: "time", id: "next-clock", required: true });
  #minutes = h("input", { type: "number", id: "next-minutes", min: 5, max: 600, required: true, inputmode: "numeric" });
  #teachers = h("div", { class: "next-teachers" });
  #error = h("p", { class: "field-error", role: "alert" });
  #form = h(
    "form",
    { class: "next-form", on: { submit: (/** @type {Event} */ event) => this.#save(event) } },
    h("p", { text: nextTime.plan }),
    h("div", { class: "row" }, field(nextTime.date, this.#date), field(nextTime.at, this.#time), field(nextTime.minutes, this.#minutes)),
    h("fieldset", {}, h("legend", { text: nextTime.teachers }), this.#teachers),
    this.#error,
    h("button", { type: "submit", id: "action-plan-next", text: nextTime.save }),
  );
  #nothing = h("p", { class: "quiet", text: nextTime.open });
  /** @type {State | null} */
  #last = null;

  build() {
    this.append(h("h2", { text: nextTime.title }), this.#settled, this.#form, this.#nothing);
    show(this.#error, false);
  }

  /** @param {State} state */
  update(state) {
    this.#last = state;
    const { view, now } = state;
    const plans = may(view, "plan_next");
    const settled = view.next_time;
    if (settled) this.#updateSettled(view, settled);
    show(this.#settled, settled !== null && !this.#changing);
    setAttribute(this.#calendar, "class", plans || view.phase.part === "ended" ? "button-link" : "button-link primary");
    show(this.#change, plans);
    show(this.#form, plans && (settled === null || this.#changing));
    show(this.#nothing, !plans && settled === null);
    if (!this.#form.hidden) this.#fill(view, now);
  }

  /**
   * @param {View} view
   * @param {import("../protocol.js").NextTime} settled
   */
  #updateSettled(view, { starts_ms, minutes, teachers }) {
    setText(this.#when, nextTime.when(starts_ms, minutes));
    setText(this.#who, teachers.length ? nextTime.teaches(teachers.map((seat) => nameOf(view, seat))) : nextTime.nobodyYet);
    setAttribute(this.#calendar, "href", `/sessions/${view.session}/next.ics`);
  }

  /** Proposes the same time next week, once: what somebody has put in stays. @param {View} view @param {number} now */
  #fill(view, now) {
    keyed(this.#teachers, view.people.filter((person) => !person.simulated), ({ seat }) => seat, ({ seat }) => teacherBox(seat), (box, person) => {
      const label = box.querySelector("span");
      if (label) setText(label, person.name);
    });
    if (this.#filled) return;
    this.#filled = true;
    const proposed = new Date(view.next_time?.starts_ms ?? Math.round((now + WEEK_MS) / QUARTER_MS) * QUARTER_MS);
    this.#date.value = `${proposed.getFullYear()}-${twoDigits(proposed.getMonth() + 1)}-${twoDigits(proposed.getDate())}`;
    this.#time.value = `${twoDigits(proposed.getHours())}:${twoDigits(proposed.getMinutes())}`;
    this.#minutes.value = String(view.next_time?.minutes ?? USUAL_MINUTES);
    for (const box of this.#boxes()) box.checked = view.next_time?.teachers.includes(box.value) ?? false;
  }

  #open() {
    this.#changing = true;
    this.#filled = false;
    show(this.#settled, false);
    show(this.#form, true);
    this.#date.focus();
  }

  /** @param {Event} event */
  #save(event) {
    event.preventDefault();
    const starts_ms = new Date(`${this.#date.value}T${this.#time.value}`).getTime();
    const past = !(starts_ms > (this.#last?.now ?? 0));
    setText(this.#error, past ? nextTime.past : "");
    show(this.#error, past);
    if (past) return;
    const teachers = this.#boxes().filter((box) => box.checked).map((box) => box.value);
    command(this, { type: "plan_next", starts_ms, minutes: Number(this.#minutes.value), teachers }, (answer) => {
      if (!answer.accepted) return;
      this.#changing = false;
      if (this.#last) this.update(this.#last);
    });
  }

  #boxes() {
    return [...this.#teachers.querySelectorAll("input")];
  }
}

/** @param {string} seat */
function teacherBox(seat) {
  return h("label", { class: "check" }, h("input", { type: "checkbox", value: seat }), h("span"));
}

/**
 * @param {string} label
 * @param {HTMLInputElement} input
 */
function field(label, input) {
  return h("label", { class: "field", for: input.id }, h("span", { text: label }), input);
}

/** @param {number} value */
const twoDigits = (value) => String(value).padStart(2, "0");

customElements.define("next-time", NextTime);
