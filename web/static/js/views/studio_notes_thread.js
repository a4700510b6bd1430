// One note with its answers, and what can be done with it. What is being changed or answered here is kept on this device until it is sent.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import { randomWord } from "../random.js";
import { nodesOf } from "../rich_text.js";
import * as words from "../words.js";
import { wordsOf } from "../note_board.js";
import { NoteField } from "./studio_notes_field.js";
import { NoteVersions, noteState } from "./studio_notes_state.js";
import { ViewElement } from "./view.js";

/** @import { Note, NoteBoard, Thread } from "../note_board.js" */

/** @typedef {"answer" | "edit" | "remove" | "share" | "history"} Act */

/** Emits `jump` (at_ms). @extends {ViewElement<Thread>} */
export class NoteThread extends ViewElement {
  #board;
  #note;
  #answers = h("ol", { class: "note-answers" });
  #field;

  /** @param {NoteBoard} board @param {string} note */
  constructor(board, note) {
    super();
    this.#board = board;
    this.#note = new NoteBody(board, () => this.#openAnswer());
    this.#field = new NoteField(board, `answer/${note}`, words.notes.thread.yourAnswer, words.notes.thread.send, (text) => this.#answer(text));
  }

  build() {
    this.append(this.#note, this.#answers, this.#field);
  }

  /** @param {Thread} thread */
  update(thread) {
    this.#thread = thread;
    this.#note.render(thread);
    show(this.#answers, thread.answers.length > 0);
    keyed(this.#answers, thread.answers, ({ note }) => note, () => h("li", {}, new NoteBody(this.#board, null)), (item, answer) => {
      if (item.firstElementChild instanceof NoteBody) item.firstElementChild.render({ ...answer, answers: [], answered: false });
    });
    this.#field.render(null);
  }

  /** @type {Thread | null} */
  #thread = null;

  #openAnswer() {
    this.#field.open("");
  }

  /** @param {string} text */
  #answer(text) {
    if (this.#thread === null) return;
    this.#board.write(randomWord(), { kind: "note", text, at_ms: null, end_ms: null, parent: this.#thread.note, addressee: null });
  }
}

/** The words of a note or of an answer. @extends {ViewElement<Thread>} */
class NoteBody extends ViewElement {
  #board;
  #answers;
  /** @type {Thread | null} */
  #shown = null;
  /** @type {readonly unknown[]} the tree that `#text` shows */
  #rich = [];
  #jump = h("button", { type: "button", class: "note-jump", on: { click: () => this.#jumpThere() } });
  #kind = h("span", { class: "note-kind" });
  #who = h("span", { class: "note-who" });
  #facts = h("span", { class: "quiet note-facts" });
  #text = h("div", { class: "note-text" });
  #state = h("div", { class: "note-state", role: "status" });
  #acts = h("div", { class: "note-acts" });
  /** @type {NoteField | null} */
  #edit = null;
  #versions;

  /** @param {NoteBoard} board @param {(() => void) | null} answers what answering does; null: answers are not answered */
  constructor(board, answers) {
    super();
    this.#board = board;
    this.#answers = answers;
    this.#versions = new NoteVersions(board);
    show(this.#versions, false);
  }

  build() {
    const head = h("div", { class: "note-head" }, this.#jump, this.#kind, this.#who, this.#facts);
    this.append(head, this.#text, this.#state, this.#acts, this.#versions);
  }

  /** @param {Thread} note */
  update(note) {
    this.#shown = note;
    const { thread, kinds, list } = words.notes;
    const place = placeOf(note);
    const kind = kinds[note.author.role === "teacher" ? "own" : "others"][note.kind];
    show(this.#jump, note.parent === null && this.#board.desk.film !== null && note.at_ms !== null);
    setText(this.#jump, place);
    setAttribute(this.#jump, "aria-label", list.jump(kind, place));
    setText(this.#kind, note.parent === null && note.kind !== "note" && this.#board.desk.use !== "session" ? kind : "");
    show(this.#kind, this.#kind.textContent !== "");
    setText(this.#who, note.mine ? list.you : note.author.name);
    setText(this.#facts, note.deleted ? "" : this.#factsOf(note).join(" · "));
    if (this.#rich !== note.rich) {
      this.#rich = note.rich;
      this.#text.replaceChildren(...nodesOf(note.rich));
    }
    const editing = this.#edit?.isOpen ?? false;
    show(this.#text, !note.deleted && !editing && note.text !== "");
    noteState(this.#state, this.#board, note, thread);
    this.#updateActs(note, editing);
    if (note.deleted) this.#versions.close();
  }

  /** @param {Thread} note */
  #factsOf(note) {
    const { thread } = words.notes;
    const { use, person } = this.#board.desk;
    const facts = [];
    if (note.addressee !== null) facts.push(note.addressee.person === person ? thread.youAsked : thread.asked(note.addressee.name));
    if (note.kind === "question" && note.parent === null) facts.push(note.answered ? thread.answered : thread.unanswered);
    if (note.mine && note.parent === null && use === "own" && note.unsent === "") {
      if (note.shared) facts.push(thread.shared);
      else if (note.addressee === null) facts.push(thread.onlyYou);
    }
    if (note.edited) facts.push(thread.edited);
    return facts;
  }

  /** @param {Thread} note @param {boolean} editing */
  #updateActs(note, editing) {
    const acts = editing || note.deleted ? [] : this.#actsOf(note);
    keyed(this.#acts, acts, (act) => act, (act) => this.#actButton(act), (button, act) => setText(button, this.#actWords(act)));
    show(this.#acts, acts.length > 0);
  }

  /** @param {Thread} note @returns {Act[]} */
  #actsOf(note) {
    /** @type {Act[]} */
    const acts = this.#answers !== null && note.unsent === "" && (!note.mine || note.answers.length > 0) ? ["answer"] : [];
    if (!note.mine) return acts;
    const { desk, people } = this.#board;
    if (note.unsent !== "changed") acts.push("edit");
    if (desk.use === "own" && note.parent === null && note.unsent === "" && (note.shared || people.length > 0)) acts.push("share");
    if (note.edited && note.unsent === "") acts.push("history");
    return [...acts, "remove"];
  }

  /** @param {Act} act */
  #actButton(act) {
    return h("button", { type: "button", class: "link small", "data-act": act, on: { click: () => void this.#do(act) } });
  }

  /** @param {Act} act */
  #actWords(act) {
    const { thread } = words.notes;
    if (act === "share") return this.#shown?.shared ? thread.unshare : thread.share;
    if (act === "history") return this.#versions.isOpen ? thread.hideHistory : thread.history;
    return thread[act];
  }

  /** @param {Act} act */
  async #do(act) {
    const note = this.#shown;
    if (note === null) return;
    if (act === "answer") this.#answers?.();
    else if (act === "edit") this.#openEdit(note);
    else if (act === "remove") this.#remove(note);
    else if (act === "share") await this.#board.share([note.note], !note.shared);
    else await this.#versions.toggle(note);
    if (this.#shown) this.update(this.#shown);
  }

  /** The button that was pressed goes; the keyboard stays here. @param {Note} note */
  #remove(note) {
    this.#board.remove(note);
    const undo = this.querySelector("button[data-piece='undo']");
    if (undo instanceof HTMLElement) undo.focus();
  }

  /** @param {Note} note */
  #openEdit(note) {
    const { thread } = words.notes;
    if (this.#edit === null) {
      this.#edit = new NoteField(this.#board, `edit/${note.note}`, thread.yourNote, thread.save, (text) => this.#save(text));
      this.#edit.addEventListener("closed", () => this.#shown && this.update(this.#shown));
      this.#text.after(this.#edit);
    }
    this.#edit.open(note.text);
  }

  /** @param {string} text */
  #save(text) {
    if (this.#shown !== null) this.#board.write(this.#shown.note, { ...wordsOf(this.#shown), text });
  }

  #jumpThere() {
    if (this.#shown !== null && this.#shown.at_ms !== null) emit(this, "jump", this.#shown.at_ms);
  }
}

/** @param {Note} note */
export function placeOf({ at_ms, end_ms }) {
  if (at_ms === null) return words.notes.list.whole;
  return end_ms === null ? words.position(at_ms) : `${words.position(at_ms)}–${words.position(end_ms)}`;
}

customElements.define("note-thread", NoteThread);
customElements.define("note-body", NoteBody);
