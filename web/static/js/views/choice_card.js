// A question with answers to choose from; what is chosen is kept at once.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { keyOf } from "./field_card.js";
import { ViewElement } from "./view.js";

/** @import { Choice } from "../protocol.js" */
/** @import { Keeping, Question, State } from "./field_card.js" */

const AGAIN_MS = 2_000;

/** Emits `write` (Writing). @extends {ViewElement<State>} */
export class ChoiceCard extends ViewElement {
  /** What was chosen on this page: never replaced by what comes back. @type {string | null} */
  #chosen = null;
  #legend = h("legend");
  #hint = h("p", { class: "quiet" });
  #choices = h("div", { class: "choices" });
  #state = h("p", { class: "kept-state", "aria-live": "off" });
  #question;

  /** @param {Question} question */
  constructor(question) {
    super();
    this.#question = question;
    this.dataset["key"] = keyOf(question);
  }

  build() {
    setAttribute(this.#hint, "id", `field-${this.#question.field.key}-hint`);
    this.append(h("fieldset", {}, this.#legend, this.#hint, this.#choices), this.#state);
  }

  /** @param {State} state */
  update({ field, text }) {
    setText(this.#legend, field.label);
    setText(this.#hint, field.hint);
    show(this.#hint, field.hint !== "");
    setAttribute(this, "data-large", field.large);
    const chosen = this.#chosen ?? text;
    keyed(this.#choices, field.choices, ({ key }) => key, (choice) => this.#choice(choice), (item, { key, label }) => {
      const [input, face] = item.children;
      if (input instanceof HTMLInputElement) input.checked = key === chosen;
      if (face) setText(face, label);
    });
  }

  /** @param {Choice} choice */
  #choice({ key }) {
    const { form, round, field } = this.#question;
    const name = `${round}-${form}-${field.key}`;
    const input = h("input", { type: "radio", name, value: key, id: `choice-${field.key}-${key}`, on: { change: () => this.#choose(key) } });
    return h("label", { class: "choice" }, input, h("span", { class: "choice-face" }));
  }

  /** @param {string} key */
  #choose(key) {
    this.#chosen = key;
    const { form, round, field } = this.#question;
    emit(this, "write", { form, round, field: field.key, text: key, done: (/** @type {Keeping} */ keeping) => this.#answered(key, keeping) });
  }

  /**
   * @param {string} key
   * @param {Keeping} keeping
   */
  #answered(key, keeping) {
    if (this.#chosen !== key) return;
    setText(this.#state, words.form[keeping]);
    setAttribute(this.#state, "data-state", keeping);
    if (keeping === "failed") setTimeout(() => this.#chosen === key && this.#choose(key), AGAIN_MS);
  }
}

customElements.define("choice-card", ChoiceCard);
