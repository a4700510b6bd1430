// One question and what somebody answers to it, kept at each key. What has been typed is never overwritten by what comes back.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Field, Moment } from "../protocol.js" */
/** @typedef {"waiting" | "keeping" | "kept" | "failed" | "refused"} Keeping */
/** @typedef {{ form: string, round: number, field: string, text: string, done: (keeping: Keeping) => void }} Writing */
/** @typedef {{ form: string, round: number, field: Field, moment?: Moment }} Question `moment`: the answer is one line on it */
/** @typedef {{ field: Field, text: string }} State */

const PAUSE_MS = 250;
const AGAIN_MS = 2_000;

/**
 * Emits `write` (Writing) and `untap` (moment).
 * @extends {ViewElement<State>}
 */
export class FieldCard extends ViewElement {
  /** `refused` stays: what a person typed is never replaced by what the server has. @type {{ name: "same" } | { name: "typed", timer: number } | { name: "said", text: string } | { name: "refused" }} */
  #edit = { name: "same" };
  #label = h("label");
  #hint = h("p", { class: "quiet" });
  #starters = h("div", { class: "starters", role: "group", "aria-label": words.writing.writing.starters });
  #state = h("p", { class: "kept-state", "aria-live": "off" });
  #text = h("textarea", { on: { input: () => this.#typed(), blur: () => this.flush() } });
  #question;

  /** @param {Question} question */
  constructor(question) {
    super();
    this.#question = question;
    this.dataset["key"] = keyOf(question);
  }

  build() {
    const id = `field-${this.#question.field.key}`;
    setAttribute(this.#text, "id", id);
    setAttribute(this.#text, "maxlength", 4000);
    setAttribute(this.#label, "for", id);
    setAttribute(this.#hint, "id", `${id}-hint`);
    setAttribute(this.#state, "id", `${id}-state`);
    const { moment } = this.#question;
    setAttribute(this, "data-moment", moment?.moment);
    this.append(moment ? this.#momentHead(moment) : this.#label, this.#hint, this.#starters, this.#text, this.#state);
  }

  /** @param {State} state */
  update({ field, text }) {
    setText(this.#label, field.label);
    setText(this.#hint, field.hint);
    show(this.#hint, field.hint !== "");
    setAttribute(this.#text, "aria-describedby", field.hint ? this.#hint.id : null);
    setAttribute(this.#text, "rows", field.large ? 6 : this.#question.moment ? 1 : 2);
    setAttribute(this, "data-large", field.large);
    keyed(this.#starters, field.starters, (words) => words, (words) => this.#starter(words), () => {});
    show(this.#starters, field.starters.length > 0);
    if (this.#edit.name === "same" && this.#text.value !== text && document.activeElement !== this.#text) this.#text.value = text;
  }

  /** Puts words at the end of what stands there, as if they had been typed. @param {string} words */
  add(words) {
    const before = this.#text.value;
    const gap = before === "" || /\s$/u.test(before) ? "" : /[.!?…]$/u.test(before) ? " " : "\n";
    this.fill(before + gap + words);
  }

  /** Begins a new line with these words. @param {string} words */
  line(words) {
    const before = this.#text.value.trimEnd();
    this.fill((before === "" ? "" : `${before}\n`) + words);
  }

  reach() {
    this.#text.focus({ preventScroll: true });
  }

  /** @param {string} text */
  fill(text) {
    this.#text.value = text;
    this.#typed();
    this.#text.focus({ preventScroll: true });
    this.#text.setSelectionRange(text.length, text.length);
  }

  flush() {
    if (this.#edit.name !== "typed") return;
    clearTimeout(this.#edit.timer);
    const text = this.#text.value;
    this.#edit = { name: "said", text };
    const done = (/** @type {Keeping} */ keeping) => this.#answered(text, keeping);
    const { form, round, field } = this.#question;
    emit(this, "write", { form, round, field: field.key, text, done });
  }

  /** @param {Moment} moment */
  #momentHead({ moment, label, at_ms }) {
    const at = words.position(at_ms);
    const remove = { type: "button", class: "plain small", "aria-label": words.moments.remove(label, at), text: "×", on: { click: () => emit(this, "untap", moment) } };
    setAttribute(this.#text, "aria-label", words.writing.writing.momentLine(label, at));
    setAttribute(this.#text, "placeholder", words.writing.writing.moment);
    return h("div", { class: "moment-head" }, h("span", { class: "moment-time", text: at }), h("span", { class: "moment-label", text: label }), h("button", remove));
  }

  /** @param {string} words */
  #starter(words) {
    return h("button", { type: "button", class: "starter", text: words, on: { click: () => this.add(words.replace(/\s*…\s*/u, " ")) } });
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

/** @param {Question} question */
export function keyOf({ form, round, field }) {
  return `${round}/${form}/${field.key}`;
}

customElements.define("field-card", FieldCard);
