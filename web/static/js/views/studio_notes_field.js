// A field that opens in its place, for an answer or a change. What is in it is kept on this device until it is sent or given up.

import { h, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { NoteBoard } from "../note_board.js" */

const MOST_CHARACTERS = 10_000;

/** Emits `closed`. @extends {ViewElement<null>} */
export class NoteField extends ViewElement {
  #board;
  #slot;
  #send;
  #typing = false;
  #text;
  #form;
  #before = "";

  /**
   * @param {NoteBoard} board
   * @param {string} slot under which it is kept
   * @param {string} label
   * @param {string} action words of the button
   * @param {(text: string) => void} send
   */
  constructor(board, slot, label, action, send) {
    super();
    this.#board = board;
    this.#slot = slot;
    this.#send = send;
    const id = `note-${slot.replaceAll("/", "-")}`;
    this.#text = h("textarea", { id, rows: 2, maxlength: MOST_CHARACTERS });
    const cancel = h("button", { type: "button", class: "link", text: words.notes.thread.cancel, on: { click: () => this.#close() } });
    const caption = h("label", { for: id });
    setText(caption, label);
    this.#form = h("form", { class: "note-field", hidden: true }, caption, this.#text,
      h("div", { class: "row" }, h("button", { type: "submit", text: action }), cancel));
  }

  get isOpen() {
    return !this.#form.hidden;
  }

  build() {
    this.append(this.#form);
    this.#form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#done();
    });
    this.#text.addEventListener("input", () => this.#typed());
    this.#text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        this.#done();
      } else if (event.key === "Escape") this.#text.blur();
    });
    const kept = this.#board.drafts.read(this.#slot);
    show(this, typeof kept === "string");
    if (typeof kept === "string") this.#show(kept);
  }

  /** @param {string} text */
  open(text) {
    this.render(null);
    this.#before = text;
    if (!this.isOpen) this.#show(this.#board.drafts.read(this.#slot) ?? text);
    this.#text.focus();
  }

  /** @param {string} text */
  #show(text) {
    this.#text.value = text;
    for (const node of [this, this.#form]) show(node, true);
  }

  #typed() {
    this.#board.drafts.keep(this.#slot, this.#text.value === this.#before ? null : this.#text.value);
    if (!this.#typing) this.#board.desk.typing((this.#typing = true));
  }

  #done() {
    const text = this.#text.value.trim();
    if (text === "") return this.#text.focus();
    this.#send(text);
    this.#close();
  }

  #close() {
    this.#board.drafts.keep(this.#slot, null);
    this.#text.value = "";
    for (const node of [this, this.#form]) show(node, false);
    if (this.#typing) this.#board.desk.typing((this.#typing = false));
    this.dispatchEvent(new CustomEvent("closed"));
  }
}

customElements.define("note-field", NoteField);
