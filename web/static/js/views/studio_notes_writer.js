// The field for a new note. Its time is that of its first key: whoever thinks while the film goes on writes about what they saw.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { NoteBoard } from "../note_board.js" */
/** @import { Draft } from "../note_drafts.js" */
/** @import { Kind } from "../note_outbox.js" */

const ROWS = 2;
const MOST_CHARACTERS = 10_000;
const MOVED_MS = 1_000;
/** @type {readonly Kind[]} what a moment without words can be */
const STAMPS = ["worked", "change"];

/** @extends {ViewElement<NoteBoard>} */
export class NotesWriter extends ViewElement {
  /** @type {NoteBoard | null} */
  #board = null;
  /** @type {Draft | null} */
  #draft = null;
  /** Whether it is of another page, and nothing was changed in it here. */
  #left = false;
  /** @type {Kind | null} what was chosen here */
  #kind = null;
  #typing = false;
  /** Whether there was a film; it stays in the page while the server is away. */
  #playable = false;
  #label = h("label", { for: "note-text" });
  #text = h("textarea", { id: "note-text", rows: ROWS, maxlength: MOST_CHARACTERS, "aria-describedby": "note-reach note-short" });
  #kinds = h("div", { class: "note-kinds", role: "radiogroup", "aria-label": words.notes.writer.kind });
  #asked = h("select", { id: "note-asked" });
  #askedField = h("div", { class: "note-asked-field" }, h("label", { for: "note-asked", text: words.notes.writer.asked }), this.#asked);
  #move = h("button", { type: "button", class: "link small", id: "note-move", on: { click: () => this.#moveHere() } });
  #whole = h("button", {
    type: "button", class: "link small", id: "note-whole", text: words.notes.writer.aboutWhole, on: { click: () => this.#place(null, null) },
  });
  #reach = h("span", { id: "note-reach" });
  #short = h("p", { class: "quiet", id: "note-short", text: words.notes.writer.short });
  #send = h("button", { type: "submit", id: "note-send" });

  build() {
    const form = h("form", { class: "note-writer", id: "note-writer", novalidate: true },
      h("div", { class: "note-place" }, this.#label, this.#move, this.#whole), this.#text, this.#kinds, this.#askedField, this.#short,
      h("div", { class: "note-end" }, this.#send, h("p", { class: "quiet" }, this.#reach)));
    this.append(form);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#keep();
    });
    this.#text.addEventListener("input", () => this.#typed());
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#asked.addEventListener("change", () => this.#remember());
    const fresh = this.#board?.drafts.fresh ?? null;
    if (fresh === null) return;
    this.#draft = fresh.draft;
    this.#left = fresh.left;
    this.#text.value = fresh.draft.text;
    this.#kind = fresh.draft.kind;
  }

  /** @param {NoteBoard} board */
  render(board) {
    this.#board = board;
    super.render(board);
  }

  /** @param {NoteBoard} board */
  update(board) {
    const { use } = board.desk;
    this.#sentElsewhere(board);
    const kinds = this.#offered(board);
    const kind = this.#chosen(kinds);
    const labels = use === "own" ? words.notes.kinds.own : words.notes.kinds.others;
    keyed(this.#kinds, kinds, (each) => each, (each) => this.#kindButton(each), (item, each) => {
      const [input, face] = item.children;
      if (input instanceof HTMLInputElement) input.checked = each === kind;
      if (face) setText(face, labels[each]);
    });
    show(this.#kinds, kinds.length > 1);
    this.#updateAsked(board, kind);
    setText(this.#reach, this.#reachWords(board, kind));
    this.#updatePlace(board);
    this.#updateSend(board, kind);
  }

  /** The film goes on. */
  moved() {
    if (this.#board === null) return;
    this.#updatePlace(this.#board);
    this.#updateSend(this.#board, this.#chosen(this.#offered(this.#board)));
  }

  focus() {
    this.#text.focus();
  }

  /** Something is to be written about this place. @param {number} atMs @param {number | null} endMs */
  begin(atMs, endMs) {
    if (this.#text.value.trim() === "") this.#draft = this.#board?.drafts.begin(this.#words(atMs, endMs)) ?? null;
    this.#text.focus();
    this.#text.scrollIntoView({ block: "nearest" });
    this.moved();
  }

  #typed() {
    const written = this.#text.value.trim() !== "";
    if (written && (this.#draft === null || this.#left)) {
      const { at_ms, end_ms } = this.#draft ?? this.#here();
      this.#draft = this.#board?.drafts.begin(this.#words(at_ms, end_ms)) ?? null;
      this.#left = false;
    }
    if (written !== this.#typing) this.#board?.desk.typing((this.#typing = written));
    if (written) this.#remember();
    else this.#drop();
    this.moved();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      this.#keep();
    } else if (event.key === "Escape") this.#text.blur();
  }

  #keep() {
    const board = this.#board;
    if (board === null || this.#send.disabled) return;
    const { at_ms, end_ms } = this.#draft ?? this.#here();
    const draft = this.#draft ?? board.drafts.begin(this.#words(at_ms, end_ms));
    board.write(draft.note, this.#words(draft.at_ms, draft.end_ms));
    this.#text.value = "";
    this.#kind = null;
    this.#drop();
    if (this.#typing) board.desk.typing((this.#typing = false));
    this.update(board);
  }

  /** What is here was sent by another page of this browser. @param {NoteBoard} board */
  #sentElsewhere(board) {
    const draft = this.#draft;
    if (draft === null || draft.text === "" || board.textOf(draft.note) !== this.#text.value.trim()) return;
    this.#text.value = "";
    this.#drop();
    if (this.#typing) board.desk.typing((this.#typing = false));
  }

  #remember() {
    if (this.#draft === null) return;
    const { note, at_ms, end_ms } = this.#draft;
    this.#draft = { ...this.#words(at_ms, end_ms), note, touched_ms: Date.now() };
    this.#board?.drafts.keepFresh(this.#draft);
  }

  #drop() {
    if (this.#draft !== null) this.#board?.drafts.dropFresh(this.#draft.note);
    this.#draft = null;
    this.#left = false;
  }

  /** @param {number | null} at_ms @param {number | null} end_ms */
  #words(at_ms, end_ms) {
    const board = /** @type {NoteBoard} */ (this.#board);
    const kind = this.#chosen(this.#offered(board));
    const addressee = kind === "question" && this.#asked.value !== "" ? this.#asked.value : null;
    return { kind, text: this.#text.value.trim(), at_ms, end_ms, parent: null, addressee };
  }

  /** @param {number | null} at_ms @param {number | null} end_ms */
  #place(at_ms, end_ms) {
    if (this.#draft === null || this.#board === null) return;
    this.#draft = { ...this.#draft, at_ms, end_ms };
    this.#remember();
    this.moved();
    this.#text.focus();
  }

  #moveHere() {
    const { at_ms, end_ms } = this.#here();
    this.#place(at_ms, end_ms);
  }

  /** Where the film is, or what is selected of it. */
  #here() {
    const { film, data } = /** @type {NoteBoard} */ (this.#board).desk;
    this.#playable ||= (data?.film ?? data?.live ?? null) !== null;
    if (film === null || !this.#playable) return { at_ms: null, end_ms: null };
    const range = film.range ?? null;
    if (range === null || range.end - range.start < 1) return { at_ms: film.atMs, end_ms: null };
    return { at_ms: Math.round(range.start), end_ms: Math.round(range.end) };
  }

  /** Strengths first: what to change comes up once something worked. @param {NoteBoard} board @returns {Kind[]} */
  #offered({ desk, people, threads }) {
    if (desk.use === "session") return ["question"];
    if (desk.use !== "own") return ["note", "worked", "change", "question"];
    const first = threads.some(({ mine, kind, deleted }) => mine && kind === "worked" && !deleted);
    /** @type {Kind[]} */
    const kinds = first || this.#kind === "change" ? ["worked", "change", "note"] : ["worked", "note"];
    return people.length > 0 ? [...kinds, "question"] : kinds;
  }

  /** @param {Kind[]} kinds @returns {Kind} */
  #chosen(kinds) {
    if (this.#kind !== null && kinds.includes(this.#kind)) return this.#kind;
    return kinds.includes("change") && kinds.includes("note") ? "note" : /** @type {Kind} */ (kinds[0]);
  }

  /** @param {Kind} kind */
  #kindButton(kind) {
    const input = h("input", { type: "radio", name: "note-kind", value: kind, id: `note-kind-${kind}`, on: { change: () => this.#choose(kind) } });
    return h("label", { class: "note-kind-choice", "data-kind": kind }, input, h("span"));
  }

  /** @param {Kind} kind */
  #choose(kind) {
    this.#kind = kind;
    this.#remember();
    if (this.#board) this.update(this.#board);
  }

  /** @param {NoteBoard} board @param {Kind} kind */
  #updateAsked({ desk, people }, kind) {
    show(this.#askedField, kind === "question" && (desk.use === "own" || desk.use === "session"));
    const everybody = { person: "", name: words.notes.writer.everybody };
    const before = this.#asked.value || (this.#draft?.addressee ?? "");
    const who = desk.use === "session" ? [everybody, ...people] : people;
    keyed(this.#asked, who, ({ person }) => person, ({ person }) => h("option", { value: person }), (option, { name }) => setText(option, name));
    if (who.some(({ person }) => person === before)) this.#asked.value = before;
  }

  /** @param {NoteBoard} board */
  #updatePlace({ desk }) {
    const here = this.#here();
    const { at_ms, end_ms } = this.#draft ?? here;
    const { writer } = words.notes;
    setText(this.#label, desk.use === "session" ? writer.before : placeWords(at_ms, end_ms));
    const elsewhere = this.#draft !== null && here.at_ms !== null && Math.abs(here.at_ms - (at_ms ?? -MOVED_MS)) >= MOVED_MS;
    setText(this.#move, here.at_ms === null ? "" : writer.moveTo(words.position(here.at_ms)));
    show(this.#move, elsewhere);
    show(this.#whole, this.#draft !== null && at_ms !== null);
  }

  /** @param {NoteBoard} board @param {Kind} kind */
  #updateSend({ desk, people, waits }, kind) {
    const written = this.#text.value.trim() !== "";
    const place = this.#draft ?? this.#here();
    const stamps = !written && desk.use !== "session" && STAMPS.includes(kind) && place.at_ms !== null;
    const { writer } = words.notes;
    const teacher = people[0]?.name ?? "";
    const asks = kind === "question" && (desk.use === "own" || desk.use === "session");
    const sends = desk.use === "watch" || (desk.use === "consult" && !waits);
    setText(this.#send, stamps ? writer.stamp : asks ? writer.ask : sends ? writer.send(teacher) : writer.keep);
    this.#send.disabled = !written && !stamps;
    setAttribute(this.#send, "class", written && desk.use !== "consult" ? "primary" : null); // there it is the review that is sent
    show(this.#short, written);
  }

  /** @param {NoteBoard} board @param {Kind} kind */
  #reachWords({ desk, people, waits }, kind) {
    const { reach } = words.notes;
    if (desk.use === "session") return reach.session;
    if (desk.use === "own") {
      const asked = people.find(({ person }) => person === this.#asked.value);
      return kind === "question" && asked ? reach.atOnce(asked.name) : reach.onlyYou;
    }
    const teacher = people[0]?.name ?? "";
    return teacher === "" ? "" : waits ? reach.waits(teacher) : reach.atOnce(teacher);
  }
}

/** @param {number | null} at_ms @param {number | null} end_ms */
function placeWords(at_ms, end_ms) {
  const { writer } = words.notes;
  if (at_ms === null) return writer.whole;
  return end_ms === null ? writer.at(words.position(at_ms)) : writer.between(words.position(at_ms), words.position(end_ms));
}

customElements.define("notes-writer", NotesWriter);
