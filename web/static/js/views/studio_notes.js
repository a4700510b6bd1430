// Notes at moments, by everybody who may watch: writing them, reading them in the order of the film, the one of now marked. What others
// noted stays folded until it is asked for; a question to this person never does.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import { keep, read } from "../kept.js";
import { NoteBoard } from "../note_board.js";
import * as words from "../words.js";
import { NotesFilters } from "./studio_notes_filters.js";
import { NoteThread, placeOf } from "./studio_notes_thread.js";
import { NotesWriter } from "./studio_notes_writer.js";
import { ViewElement } from "./view.js";

/** @import { Desk, Thread } from "../note_board.js" */

/** @typedef {{ moment: string, label: string, at_ms: number, name: string, line: string }} Moment */
/** @typedef {{ key: string, at_ms: number | null, end_ms: number | null, thread: Thread | null, moment: Moment | null }} Entry */

const AT_MOMENT_MS = 10_000;
const EXCERPT = 80;

/** @extends {ViewElement<NoteBoard>} */
export class StudioNotes extends ViewElement {
  /** @type {NoteBoard | null} */
  #board = null;
  #opened = false;
  #wanted = location.hash.startsWith("#note-") ? location.hash.slice(1) : "";
  /** @type {Entry[]} what is shown */
  #entries = [];
  /** @type {WeakMap<HTMLElement, string>} what a note was drawn from: there may be thousands */
  #shown = new WeakMap();
  #ticks = "";
  #title = h("h2");
  #writer = new NotesWriter();
  #filters = new NotesFilters();
  #fold = h("button", { type: "button", class: "link", id: "notes-fold", on: { click: () => this.#toggle() } });
  #watchFirst = h("p", { class: "quiet", text: words.notes.list.watchFirst });
  #list = h("ol", { class: "notes-list", id: "notes-list" });
  #empty = h("p", { class: "quiet", id: "notes-empty" });
  /** On a small screen, while the field is out of sight. */
  #here = h("button", {
    type: "button", class: "note-here", id: "note-here", hidden: true, text: words.notes.writer.here, on: { click: () => this.#writer.focus() },
  });
  #share = h("button", { type: "button", class: "link small", id: "notes-share", on: { click: () => void this.#shareAll() } });

  /** @param {Desk} desk */
  connect(desk) {
    const board = (this.#board = new NoteBoard(desk));
    this.#opened = desk.use === "session" || desk.use === "watch" || read(this.#openedKey) === true;
    board.addEventListener("change", () => this.render(board));
    desk.addEventListener("data", () => this.render(board));
    desk.addEventListener("time", () => this.#move());
    desk.addEventListener("range", () => this.#writer.moved());
    desk.addEventListener("new-note", () => this.#writer.focus());
    this.addEventListener("filter", () => this.render(board));
    this.render(board);
  }

  build() {
    this.classList.add("card");
    setText(this.#title, this.#board?.desk.use === "session" ? words.notes.headings.questions : words.notes.headings.notes);
    const fold = h("div", { class: "notes-fold" }, this.#fold, this.#watchFirst);
    this.append(this.#title, this.#writer, this.#filters, fold, this.#list, this.#empty, this.#share, this.#here);
    new IntersectionObserver(([seen]) => show(this.#here, seen?.isIntersecting === false)).observe(this.#writer);
  }

  /** @param {NoteBoard} board */
  update(board) {
    const { use } = board.desk;
    const entries = this.#all(board);
    const folded = entries.filter((entry) => this.#folds(entry));
    const open = this.#opened ? entries : entries.filter((entry) => !this.#folds(entry));
    this.#entries = open.filter(({ thread, moment }) => (thread ? this.#filters.finds(thread) : moment && this.#filters.findsMoment(moment)));
    this.#writer.render(board);
    this.#filters.render({
      threads: open.flatMap(({ thread }) => thread ?? []), shown: this.#entries.length, all: open.length,
      moments: open.some(({ moment }) => moment !== null), own: use === "own",
    });
    this.#updateFold(folded.length, use);
    keyed(this.#list, this.#entries, ({ key }) => key, (entry) => this.#item(entry), (item, entry) => this.#updateItem(item, entry));
    show(this.#list, this.#entries.length > 0);
    setText(this.#empty, this.#emptyWords(board, entries.length));
    show(this.#empty, this.#empty.textContent !== "");
    const own = board.threads.filter(({ mine, deleted }) => mine && !deleted);
    show(this.#share, use === "own" && own.length > 0 && (board.people.length > 0 || own.some(({ shared }) => shared)));
    setText(this.#share, own.every(({ shared }) => shared) ? words.notes.list.unshareAll : words.notes.list.shareAll);
    this.#tick(board);
    this.#move();
    if (board.loaded) this.#arrive();
  }

  /** A link may lead to one note, once. */
  #arrive() {
    const wanted = this.#wanted;
    this.#wanted = "";
    if (wanted === "" || this.#board === null) return;
    if (!this.#opened && !document.getElementById(wanted)) this.#toggle();
    document.getElementById(wanted)?.scrollIntoView({ block: "center" });
  }

  /** @param {NoteBoard} board @returns {Entry[]} in the order of the film */
  #all(board) {
    const threads = board.threads.map((thread) => ({ key: thread.note, at_ms: thread.at_ms, end_ms: thread.end_ms, thread, moment: null }));
    const moments = board.over ? [] : (board.desk.data?.moments ?? []);
    const taps = moments.map((moment) => ({ key: `moment-${moment.moment}`, at_ms: moment.at_ms, end_ms: null, thread: null, moment }));
    return /** @type {Entry[]} */ ([...threads, ...taps]).sort((a, b) => (a.at_ms ?? -1) - (b.at_ms ?? -1));
  }

  /** What a review says was sent on purpose; it is never folded for the teacher. @param {Entry} entry */
  #folds({ thread }) {
    const desk = this.#board?.desk;
    const asked = thread?.addressee?.person === desk?.person;
    if (desk?.use === "consult") return thread === null || !(thread.mine || asked || thread.answers.some(({ mine }) => mine));
    if (desk?.use !== "own" || thread === null) return false;
    return thread.author.role === "colleague" && !thread.mine && !asked;
  }

  /** @param {number} count @param {Desk["use"]} use */
  #updateFold(count, use) {
    const { list } = words.notes;
    show(this.#fold, count > 0 && (use === "own" || use === "consult"));
    setText(this.#fold, this.#opened ? list.hideOthers : use === "own" ? list.showColleagues(count) : list.showOthers(count));
    setAttribute(this.#fold, "aria-expanded", String(this.#opened));
    show(this.#watchFirst, use === "consult" && count > 0 && !this.#opened);
  }

  /** @param {NoteBoard} board @param {number} count */
  #emptyWords({ loaded, over, desk }, count) {
    const { list } = words.notes;
    if (over) return list.over;
    if (this.#entries.length > 0 || !loaded) return "";
    if (this.#filters.active) return list.nothingFound;
    return count > 0 ? "" : desk.use === "session" ? list.noQuestions : list.empty;
  }

  #toggle() {
    this.#opened = !this.#opened;
    keep(this.#openedKey, this.#opened || null);
    if (this.#board) this.render(this.#board);
  }

  get #openedKey() {
    const desk = this.#board?.desk;
    return `notes/${desk?.person}${desk?.path}/opened`;
  }

  async #shareAll() {
    const own = this.#board?.threads.filter(({ mine, deleted }) => mine && !deleted) ?? [];
    await this.#board?.share("all", !own.every(({ shared }) => shared));
  }

  /** @param {Entry} entry */
  #item({ key, thread, moment }) {
    if (thread !== null) return h("li", { id: `note-${key}`, class: "note" }, new NoteThread(/** @type {NoteBoard} */ (this.#board), key));
    const at = moment?.at_ms ?? 0;
    const jump = h("button", { type: "button", class: "moment-jump", "data-moment": moment?.moment, on: { click: () => emit(this, "jump", at) } },
      h("span", { class: "moment-time" }), h("span"));
    const about = h("button", { type: "button", class: "link small", text: words.notes.thread.writeAbout, on: { click: () => this.#writer.begin(at, null) } });
    return h("li", { class: "note note-tap" }, jump, h("p", { class: "moment-line" }), about);
  }

  /** @param {HTMLElement} item @param {Entry} entry */
  #updateItem(item, { thread, moment, at_ms }) {
    if (item.firstElementChild instanceof NoteThread && thread !== null) {
      setAttribute(item, "data-kind", thread.kind);
      setAttribute(item, "data-mine", thread.mine);
      const board = /** @type {NoteBoard} */ (this.#board);
      const undoable = [thread, ...thread.answers].map(({ note }) => board.undoable(note));
      const shown = JSON.stringify([thread, undoable, board.people.length]);
      if (this.#shown.get(item) !== shown) item.firstElementChild.render(thread);
      this.#shown.set(item, shown);
    } else if (moment !== null) {
      const [jump, line] = item.children;
      if (jump?.firstElementChild) setText(jump.firstElementChild, words.position(at_ms ?? 0));
      if (jump?.lastElementChild) setText(jump.lastElementChild, words.film.moment(moment.label, moment.name));
      if (line instanceof HTMLElement) {
        setText(line, moment.line);
        show(line, moment.line !== "");
      }
    }
  }

  /** The one of now is marked. */
  #move() {
    this.#writer.moved();
    const film = this.#board?.desk.film;
    if (!film) return;
    const at = film.atMs;
    const now = this.#entries.filter(({ at_ms, end_ms }) => at_ms !== null && at_ms <= at && at <= Math.max(end_ms ?? 0, at_ms + AT_MOMENT_MS)).at(-1);
    for (const [number, item] of [...this.#list.children].entries()) {
      setAttribute(item, "aria-current", now !== undefined && this.#entries[number] === now ? "true" : null);
    }
  }

  /** @param {NoteBoard} board */
  #tick({ desk }) {
    const labels = words.notes.kinds[desk.use === "own" ? "own" : "others"];
    const ticks = this.#entries.flatMap(({ thread }) => (thread === null || thread.at_ms === null || thread.deleted ? [] : [{
      at_ms: thread.at_ms, end_ms: thread.end_ms, kind: thread.kind, key: `note-${thread.note}`,
      label: `${placeOf(thread)}, ${labels[thread.kind]}: ${thread.text.slice(0, EXCERPT)}`,
    }]));
    const now = JSON.stringify(ticks);
    if (now !== this.#ticks) desk.setTicks("notes", ticks);
    this.#ticks = now;
  }
}

customElements.define("studio-notes", StudioNotes);
