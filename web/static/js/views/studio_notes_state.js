// What became of a note on its way to the server, with what can be done about it; and the versions that it had.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Note, NoteBoard } from "../note_board.js" */

/** @typedef {{ key: string, text: string, act: (() => void) | null, quote?: boolean }} Piece a button if it does something */

/** @param {HTMLElement} place @param {NoteBoard} board @param {Note} note @param {typeof words.notes.thread} thread */
export function noteState(place, board, note, thread) {
  const pieces = piecesOf(board, note, thread);
  keyed(place, pieces, ({ key }) => key, ({ key, act, quote }) => make(key, act, quote ?? false), (node, { text }) => setText(node, text));
  show(place, pieces.length > 0);
  setAttribute(place, "data-state", note.deleted ? "deleted" : note.unsent);
}

/** @param {string} key @param {(() => void) | null} act @param {boolean} quote */
function make(key, act, quote) {
  if (act === null) return h(quote ? "blockquote" : "span", { "data-piece": key });
  return h("button", { type: "button", class: "link small", "data-piece": key, on: { click: act } });
}

/** @param {NoteBoard} board @param {Note} note @param {typeof words.notes.thread} thread @returns {Piece[]} */
function piecesOf(board, note, thread) {
  if (note.deleted) return deleted(board, note, thread);
  if (note.unsent === "waiting") return !note.late ? [] : [{ key: "waiting", text: thread.waiting, act: null }];
  if (note.unsent === "refused") {
    return [
      { key: "refused", text: `${thread.refused} ${note.problem}`.trim(), act: null },
      { key: "again", text: thread.tryAgain, act: () => board.again(note.note) },
      { key: "discard", text: thread.discard, act: () => board.forget(note.note) },
    ];
  }
  return note.unsent === "changed" ? changed(board, note, thread) : [];
}

/** @param {NoteBoard} board @param {Note} note @param {typeof words.notes.thread} thread @returns {Piece[]} */
function deleted(board, note, thread) {
  if (!board.undoable(note.note)) return [{ key: "deleted", text: thread.deleted, act: null }];
  return [{ key: "gone", text: thread.gone, act: null }, { key: "undo", text: thread.undo, act: () => board.bringBack(note.note) }];
}

/** @param {NoteBoard} board @param {Note} note @param {typeof words.notes.thread} thread @returns {Piece[]} */
function changed(board, note, thread) {
  const gone = note.theirs?.deleted ?? false;
  return [
    { key: "changed", text: gone ? thread.changedDeleted : thread.changed, act: null },
    ...(gone ? [] : [{ key: "theirs", text: note.theirs?.text ?? "", act: null, quote: true }]),
    { key: "mine", text: thread.keepMine, act: () => board.choose(note.note, true) },
    { key: "other", text: gone ? thread.discard : thread.keepTheirs, act: () => board.choose(note.note, false) },
  ];
}

/** @extends {ViewElement<{ version: number, text: string, changed_ms: number }[]>} */
export class NoteVersions extends ViewElement {
  #board;
  #list = h("ol", { class: "note-versions", hidden: true });
  #problem = h("p", { class: "quiet", text: words.notes.thread.noHistory, hidden: true });

  /** @param {NoteBoard} board */
  constructor(board) {
    super();
    this.#board = board;
  }

  get isOpen() {
    return !this.#list.hidden;
  }

  build() {
    this.append(this.#list, this.#problem);
  }

  /** @param {{ version: number, text: string, changed_ms: number }[]} versions */
  update(versions) {
    keyed(this.#list, versions, ({ version }) => String(version), () => h("li", {}, h("span", { class: "quiet" }), h("p")), (item, each) => {
      if (item.firstElementChild) setText(item.firstElementChild, words.dayAndTime(each.changed_ms));
      if (item.lastElementChild) setText(item.lastElementChild, each.text);
    });
  }

  /** @param {Note} note */
  async toggle(note) {
    if (this.isOpen) return this.close();
    const versions = await this.#board.history(note.note);
    this.render(versions ?? []);
    show(this, true);
    show(this.#list, versions !== null);
    show(this.#problem, versions === null);
  }

  close() {
    for (const node of [this, this.#list, this.#problem]) show(node, false);
  }
}

customElements.define("note-versions", NoteVersions);
