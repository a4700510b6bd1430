// Asked before those who still teach lose minutes by it: what they have now, what they would have, and when the session would end.

import { h, setText } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Costs } from "../protocol.js" */

const { costs } = words.leading;

/** @extends {ViewElement<Costs>} */
export class CostQuestion extends ViewElement {
  /** @type {((agreed: boolean) => void) | null} */
  #answered = null;
  #text = h("p", { id: "costs-text" });
  #no = h("button", { type: "button", id: "costs-no", text: costs.no, on: { click: () => this.#answer(false) } });
  #yes = h("button", { type: "button", id: "costs-yes", text: costs.yes, on: { click: () => this.#answer(true) } });
  #dialog = h(
    "dialog",
    { class: "question-dialog", role: "alertdialog", "aria-labelledby": "costs-title", "aria-describedby": "costs-text", on: { close: () => this.#answer(false) } },
    h("h2", { id: "costs-title", text: costs.title }),
    this.#text,
    h("div", { class: "equal-buttons two" }, this.#no, this.#yes),
  );

  build() {
    this.append(this.#dialog);
  }

  /** @param {Costs} state */
  update({ before_s, after_s, ends_ms }) {
    setText(this.#text, costs.question(before_s, after_s, ends_ms));
  }

  /** @param {Costs} about @returns {Promise<boolean>} whether it is to be done */
  ask(about) {
    this.withdraw();
    this.render(about);
    this.#dialog.showModal();
    this.#no.focus();
    return new Promise((answered) => (this.#answered = answered));
  }

  /** The session went on meanwhile: what was asked means nothing any more. */
  withdraw() {
    if (this.#dialog.open) this.#answer(false);
  }

  /** @param {boolean} agreed */
  #answer(agreed) {
    const answered = this.#answered;
    this.#answered = null;
    if (this.#dialog.open) this.#dialog.close();
    answered?.(agreed);
  }
}

customElements.define("cost-question", CostQuestion);
