// The questions before a consultant is asked: whom, what, by when, and what they read beside the film.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Asked, CardLine, Known } from "./asked_reviews.js" */
/** @typedef {{ known: Known[], card: CardLine[], canMail: boolean, questions: string[], instead: Asked | null }} State */

const { ask } = words.reviews;
const MOST_QUESTIONS = 3;
const DAYS = 7;
const PARTS = /** @type {const} */ (["notes", "own", "talk"]);

/** Emits `ask` (what is wanted) and `closed`. @extends {ViewElement<State>} */
export class AskForm extends ViewElement {
  #instead = h("p", { class: "hint" });
  #who = h("select", { id: "ask-who", on: { change: () => this.#showName() } });
  #whoField = field("ask-who", ask.who, this.#who);
  #name = h("input", { type: "text", id: "ask-name", maxlength: 60, autocomplete: "off" });
  #nameField = field("ask-name", ask.name, this.#name);
  #address = h("input", { type: "email", id: "ask-address", maxlength: 254, autocomplete: "off", "aria-describedby": "ask-address-about" });
  #addressField = field("ask-address", ask.address, this.#address, h("p", { class: "quiet", id: "ask-address-about", text: ask.mailed }));
  #questions = Array.from({ length: MOST_QUESTIONS }, (_, number) =>
    h("input", { type: "text", maxlength: 500, autocomplete: "off", id: `ask-question-${number + 1}`, "aria-label": ask.question(number + 1) }),
  );
  #due = h("input", { type: "date", id: "ask-due", required: true });
  #card = h("dl", { class: "quiet ask-card" });
  #parts = new Map(PARTS.map((part) => [part, h("input", { type: "checkbox", id: `ask-include-${part}` })]));
  #error = h("p", { class: "field-error", role: "alert" });
  #send = h("button", { type: "submit", class: "primary", id: "ask-send", text: ask.send });
  #form = h("form", { class: "stack ask-form", on: { submit: (/** @type {Event} */ event) => this.#submit(event) } });
  /** @type {State | null} */
  #state = null;

  build() {
    const checks = PARTS.map((part) => check(/** @type {HTMLInputElement} */ (this.#parts.get(part)), ask[part]));
    this.#form.append(
      this.#instead,
      this.#whoField,
      this.#nameField,
      this.#addressField,
      h("fieldset", { class: "field" }, h("legend", { text: ask.questions }), ...this.#questions),
      field("ask-due", ask.due, this.#due),
      h("fieldset", { class: "field" }, h("legend", { text: ask.reads }), h("p", { text: ask.card }), this.#card, ...checks),
      h("p", { class: "quiet", text: ask.makes }),
      this.#error,
      h("div", { class: "form-end" }, this.#send, h("button", { type: "button", class: "link", text: ask.cancel, on: { click: () => emit(this, "closed") } })),
    );
    this.#form.addEventListener("keydown", (event) => event.key === "Escape" && emit(this, "closed"));
    this.append(this.#form);
  }

  /** @param {State} state */
  update(state) {
    const { known, card, canMail, questions, instead } = (this.#state = state);
    const people = [...known, { person: "", name: ask.somebodyNew }];
    keyed(this.#who, people, ({ person }) => person, ({ person }) => h("option", { value: person }), (option, { name }) => setText(option, name));
    const first = known.find(({ person }) => person !== instead?.person);
    this.#who.value = instead ? "" : (first?.person ?? "");
    show(this.#whoField, known.length > 0);
    this.#showName();
    show(this.#addressField, canMail);
    for (const [number, input] of this.#questions.entries()) input.value = questions[number] ?? "";
    this.#due.value = localDay(DAYS);
    setAttribute(this.#due, "min", localDay(0));
    keyed(this.#card, card, ({ label }) => label, () => h("div", {}, h("dt"), h("dd")), (row, { label, text }) => {
      if (row.firstElementChild) setText(row.firstElementChild, label);
      if (row.lastElementChild) setText(row.lastElementChild, text);
    });
    for (const [part, input] of this.#parts) input.checked = instead?.includes[part] ?? false;
    setText(this.#instead, instead ? ask.instead(instead.name) : "");
    show(this.#instead, instead !== null);
    this.fail("");
  }

  focusFirst() {
    (this.#whoField.hidden ? this.#name : this.#who).focus();
  }

  /** @param {string} message "": nothing is wrong */
  fail(message) {
    setText(this.#error, message);
    show(this.#error, message !== "");
    this.#send.disabled = false;
  }

  #showName() {
    const fresh = this.#who.value === "";
    show(this.#nameField, fresh);
    this.#name.required = fresh;
  }

  /** @param {Event} event */
  #submit(event) {
    event.preventDefault();
    this.#send.disabled = true;
    emit(this, "ask", {
      person: this.#who.value,
      name: this.#name.value,
      address: this.#state?.canMail ? this.#address.value.trim() : "",
      questions: this.#questions.map(({ value }) => value.trim()).filter((question) => question !== ""),
      due_ms: endOfDay(this.#due.value),
      ...Object.fromEntries([...this.#parts].map(([part, input]) => [`include_${part}`, input.checked])),
      instead: this.#state?.instead?.review ?? "",
    });
  }
}

/**
 * @param {string} id
 * @param {string} label
 * @param {...HTMLElement} nodes
 */
function field(id, label, ...nodes) {
  return h("div", { class: "field" }, h("label", { for: id, text: label }), ...nodes);
}

/**
 * @param {HTMLInputElement} input
 * @param {string} label
 */
function check(input, label) {
  return h("label", { class: "check-line" }, input, h("span", { text: label }));
}

/** @param {number} days from today, as a date field has it */
export function localDay(days) {
  const day = new Date();
  day.setDate(day.getDate() + days);
  return new Date(day.getTime() - day.getTimezoneOffset() * 60_000).toISOString().slice(0, 10);
}

/** @param {string} day */
export function endOfDay(day) {
  return new Date(`${day}T23:59:59`).getTime();
}

customElements.define("ask-form", AskForm);
