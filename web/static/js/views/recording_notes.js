// What colleagues wrote in the silent minutes after the lesson; folded until it is asked for.

import { h, keyed, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { FilmData } from "./film.js" */

/** @extends {ViewElement<FilmData>} */
export class RecordingNotes extends ViewElement {
  #notes = h("div", { class: "entry-cards" });
  #noNotes = h("p", { class: "quiet", text: words.film.noNotes });
  #summary = h("summary");

  build() {
    this.append(h("details", { class: "card", id: "colleagues-notes" }, this.#summary, this.#notes, this.#noNotes));
  }

  /** @param {FilmData} data */
  update({ notes, you }) {
    setText(this.#summary, you.use === "own" ? words.film.showNotes(notes.length) : words.notes.list.written(notes.length));
    show(this.#noNotes, notes.length === 0);
    const numbered = notes.map((note, number) => ({ ...note, number }));
    keyed(this.#notes, numbered, ({ number }) => String(number), () => h("article", {}, h("h3"), h("dl")), (card, { author, fields }) => {
      if (card.firstElementChild) setText(card.firstElementChild, author);
      const list = card.lastElementChild;
      if (list) keyed(list, fields, ({ label }) => label, ({ label }) => h("div", {}, h("dt", { text: label }), h("dd")), updateField);
    });
  }
}

/**
 * @param {HTMLElement} item
 * @param {{ text: string }} field
 */
function updateField(item, { text }) {
  if (item.lastElementChild) setText(item.lastElementChild, text);
}

customElements.define("recording-notes", RecordingNotes);
