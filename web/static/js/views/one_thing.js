// The one thing that the teacher is trying, on top of everything until another is chosen.

import { h, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */
/** @typedef {{ text: string, here: boolean, chosen_ms: number } | null} Thing */

const LONGEST = 500;
const { thing: thingWords } = words.ownView;

/** @extends {ViewElement<Thing>} */
export class OneThing extends ViewElement {
  /** @type {Studio | null} */
  #studio = null;
  #what = h("p", { id: "one-thing-text" });
  #change = h("button", { type: "button", class: "quiet-button", id: "one-thing-change", on: { click: () => this.#open("") } });
  #field = h("input", { type: "text", id: "one-thing-field", maxlength: LONGEST, autocomplete: "off" });
  #error = h("p", { class: "field-error", role: "alert" });
  #form = h(
    "form",
    { class: "one-thing-form", hidden: true, on: { submit: (/** @type {Event} */ event) => this.#save(event) } },
    h("label", { for: "one-thing-field", text: thingWords.field }),
    this.#field,
    h("button", { type: "submit", class: "primary", text: thingWords.save }),
    h("button", { type: "button", text: thingWords.cancel, on: { click: () => this.#close() } }),
    this.#error,
  );
  /** @type {Thing} */
  #thing = null;

  /** @param {Studio} studio */
  connect(studio) {
    this.#studio = studio;
    this.closest("#recording")?.addEventListener("choose-thing", (event) => this.#open(event instanceof CustomEvent ? (event.detail ?? "") : ""));
    for (const name of ["reflection", "again"]) studio.news.addEventListener(name, () => void this.#ask());
    void this.#ask();
  }

  build() {
    this.append(h("p", { class: "one-thing-title", text: thingWords.title }), this.#what, this.#change, this.#form);
    this.#form.addEventListener("keydown", (event) => event.key === "Escape" && this.#close());
    show(this.#error, false);
  }

  /** @param {Thing} thing */
  update(thing) {
    this.#thing = thing;
    show(this, true);
    setText(this.#what, thing?.text ?? thingWords.none);
    setText(this.#change, thing ? thingWords.change : thingWords.choose);
  }

  async #ask() {
    const answer = await this.#studio?.ask("/own-view");
    if (answer?.ok) this.render(answer.body.trying);
  }

  /** @param {string} text what was suggested; her own words replace it */
  #open(text) {
    this.render(this.#thing);
    this.#field.value = text || (this.#thing?.text ?? "");
    show(this.#form, true);
    show(this.#change, false);
    this.#field.focus();
    this.scrollIntoView({ block: "nearest" });
  }

  #close() {
    show(this.#form, false);
    show(this.#change, true);
    this.#change.focus();
  }

  /** @param {Event} event */
  async #save(event) {
    event.preventDefault();
    const answer = await this.#studio?.ask("/trying", { method: "POST", body: { text: this.#field.value } });
    show(this.#error, !answer?.ok);
    setText(this.#error, answer?.ok ? "" : (answer?.body?.message ?? words.ownView.view.kept));
    if (!answer?.ok) return;
    this.render(answer.body.trying);
    this.#close();
  }
}

customElements.define("one-thing", OneThing);
