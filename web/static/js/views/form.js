// One card per field, kept at each key. What somebody has typed is never overwritten by what comes back from the server.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import { isTeacher, nameOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View, Field, Moment } from "../protocol.js" */
/** @typedef {"waiting" | "keeping" | "kept" | "failed" | "refused"} Keeping */
/** @typedef {{ form: string, round: number, field: string, text: string, done: (keeping: Keeping) => void }} Writing */

const PAUSE_MS = 250;
const AGAIN_MS = 2_000;

/**
 * Emits `write` (Writing) and `untap` (moment).
 * @extends {ViewElement<View>}
 */
export class RoomForm extends ViewElement {
  #title = h("h2");
  #who = h("p", { class: "quiet" });
  #moments = h("ul", { class: "moment-cards" });
  #momentsTitle = h("h3", { text: words.moments.yours });
  #cards = h("div", { class: "field-cards" });

  build() {
    this.append(this.#title, this.#who, this.#momentsTitle, this.#moments, this.#cards);
  }

  /** @param {View} view */
  update(view) {
    if (!view.form) return this.flush();
    const { form, title, fields } = view.form;
    setText(this.#title, title);
    setText(this.#who, isTeacher(view) || view.teacher === null ? words.form.onlyYouTeacher : words.form.onlyYou(nameOf(view, view.teacher)));
    this.#updateMoments(view.mine?.moments ?? []);
    const round = view.phase.round;
    const keys = fields.map((field) => `${round}/${form}/${field.key}`);
    for (const card of this.#fieldCards()) if (!keys.includes(card.dataset["key"] ?? "")) card.flush();
    keyed(
      this.#cards,
      fields,
      (field) => `${round}/${form}/${field.key}`,
      (field) => new FieldCard(form, round, field),
      (card, field) => card.render({ field, text: view.mine?.fields[field.key] ?? "" }),
    );
  }

  /** Says what is typed at once, for instance because the page goes away. */
  flush() {
    for (const card of this.#fieldCards()) card.flush();
  }

  /** @param {readonly Moment[]} moments */
  #updateMoments(moments) {
    show(this.#momentsTitle, moments.length > 0);
    show(this.#moments, moments.length > 0);
    keyed(this.#moments, moments, (moment) => moment.moment, (moment) => this.#momentCard(moment), () => {});
  }

  /** @param {Moment} moment */
  #momentCard({ moment, label, at_ms }) {
    const at = words.position(at_ms);
    const undo = () => emit(this, "untap", moment);
    const remove = h("button", { type: "button", class: "plain small", "aria-label": words.moments.remove(label, at), text: "×", on: { click: undo } });
    return h("li", { "data-moment": moment }, h("span", { class: "moment-time", text: at }), h("span", { text: label }), remove);
  }

  #fieldCards() {
    return [...this.#cards.children].filter((card) => card instanceof FieldCard);
  }
}

/** @extends {ViewElement<{ field: Field, text: string }>} */
class FieldCard extends ViewElement {
  /** `refused` stays: what a person typed is never replaced by what the server has. @type {{ name: "same" } | { name: "typed", timer: number } | { name: "said", text: string } | { name: "refused" }} */
  #edit = { name: "same" };
  #label = h("label");
  #hint = h("p", { class: "quiet" });
  #state = h("p", { class: "kept-state", "aria-live": "off" });
  #text = h("textarea", { on: { input: () => this.#typed(), blur: () => this.flush() } });
  #form;
  #round;
  #field;

  /**
   * @param {string} form
   * @param {number} round
   * @param {Field} field
   */
  constructor(form, round, field) {
    super();
    this.#form = form;
    this.#round = round;
    this.#field = field.key;
    this.dataset["key"] = `${round}/${form}/${field.key}`;
  }

  build() {
    const id = `field-${this.#field}`;
    setAttribute(this.#text, "id", id);
    setAttribute(this.#text, "maxlength", 4000);
    setAttribute(this.#label, "for", id);
    setAttribute(this.#hint, "id", `${id}-hint`);
    setAttribute(this.#state, "id", `${id}-state`);
    this.append(this.#label, this.#hint, this.#text, this.#state);
  }

  /** @param {{ field: Field, text: string }} state */
  update({ field, text }) {
    setText(this.#label, field.label);
    setText(this.#hint, field.hint);
    show(this.#hint, field.hint !== "");
    setAttribute(this.#text, "aria-describedby", field.hint ? this.#hint.id : null);
    setAttribute(this.#text, "rows", field.large ? 6 : 2);
    setAttribute(this, "data-large", field.large);
    if (this.#edit.name === "same" && this.#text.value !== text && document.activeElement !== this.#text) this.#text.value = text;
  }

  flush() {
    if (this.#edit.name !== "typed") return;
    clearTimeout(this.#edit.timer);
    const text = this.#text.value;
    this.#edit = { name: "said", text };
    const done = (/** @type {Keeping} */ keeping) => this.#answered(text, keeping);
    emit(this, "write", { form: this.#form, round: this.#round, field: this.#field, text, done });
  }

  #typed() {
    if (this.#edit.name !== "typed") this.#flushIn(PAUSE_MS);
    this.#say("keeping");
  }

  /** @param {number} ms */
  #flushIn(ms) {
    this.#edit = { name: "typed", timer: setTimeout(() => this.flush(), ms) };
  }

  /**
   * @param {string} text
   * @param {Keeping} keeping
   */
  #answered(text, keeping) {
    if (this.#edit.name !== "said" || this.#edit.text !== text) return;
    this.#say(keeping);
    if (keeping === "kept") this.#edit = { name: "same" };
    else if (keeping === "refused") this.#edit = { name: "refused" };
    else if (keeping === "failed") this.#flushIn(AGAIN_MS);
  }

  /** @param {Keeping} keeping */
  #say(keeping) {
    setText(this.#state, words.form[keeping]);
    setAttribute(this.#state, "data-state", keeping);
  }
}

customElements.define("field-card", FieldCard);
customElements.define("room-form", RoomForm);
