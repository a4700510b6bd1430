// All notes of one place that this person sees: what the server says, with what is still on its way laid over it. Draws nothing.

import { NoteDrafts } from "./note_drafts.js";
import { NoteOutbox, sameWords } from "./note_outbox.js";

/** @import { Rich } from "./rich_text.js" */
/** @import { Ask, Words } from "./note_outbox.js" */
/** @import { RecordingFilm, FilmData } from "./views/film.js" */
/** @import { Tick } from "./studio.js" */

/** @typedef {"teacher" | "colleague" | "consultant"} Role */
/** @typedef {{ person: string, name: string, role: Role }} Someone */
/**
 * @typedef {object} Note as the server shows it, and what this page knows of it
 * @property {string} note
 * @property {string | null} parent
 * @property {import("./note_outbox.js").Kind} kind
 * @property {number | null} at_ms
 * @property {number | null} end_ms
 * @property {string} text
 * @property {Rich[]} rich
 * @property {number} version
 * @property {number} created_ms
 * @property {boolean} shared
 * @property {boolean} mine
 * @property {boolean} edited
 * @property {boolean} deleted
 * @property {Someone} author
 * @property {{ person: string, name: string } | null} addressee
 * @property {"" | import("./note_outbox.js").Waiting} unsent
 * @property {string} problem
 * @property {Note | null} theirs
 * @property {boolean} late it does not arrive
 */
/** @typedef {Note & { answers: Note[], answered: boolean }} Thread */
/**
 * @typedef {object} Desk what notes need of the page on which they stand: a Studio, or something like it without a film
 * @property {string} path
 * @property {string} person
 * @property {"own" | "watch" | "consult" | "session"} use
 * @property {RecordingFilm | null} film
 * @property {FilmData | null} data
 * @property {EventTarget} news
 * @property {Ask} ask
 * @property {(part: string, ticks: Tick[]) => void} setTicks
 * @property {(begins: boolean) => void} typing
 * @property {(type: string, listener: (event: any) => void) => void} addEventListener
 */

const UNDO_MS = 10_000;
const RETRY_MS = 3_000;
/** @type {Pick<Note, "unsent" | "problem" | "theirs" | "late">} */
const ARRIVED = { unsent: "", problem: "", theirs: null, late: false };

/** Events: `change`. */
export class NoteBoard extends EventTarget {
  /** @type {Someone[]} who can be asked something */
  people = [];
  /** Whether what this person writes waits for the review to be sent. */
  waits = false;
  loaded = false;
  /** Whether this person may read here no longer. What is theirs stays. */
  over = false;
  drafts;
  desk;
  #outbox;
  /** @type {Map<string, Note>} */
  #notes = new Map();
  /** @type {Thread[] | null} */
  #threads = null;
  /** @type {Map<string, { note: Note, until_ms: number }>} what was deleted a moment ago */
  #gone = new Map();
  #asking = false;
  #again = false;

  /** @param {Desk} desk */
  constructor(desk) {
    super();
    this.desk = desk;
    const prefix = `notes/${desk.person}${desk.path}/`;
    this.drafts = new NoteDrafts(`${prefix}draft/`);
    this.#outbox = new NoteOutbox(`${prefix}out/`, (path, options) => desk.ask(path, options));
    this.#outbox.addEventListener("change", () => this.#changed());
    this.#outbox.addEventListener("arrived", (event) => event instanceof CustomEvent && this.#arrive(event.detail));
    for (const name of ["notes", "permissions", "reviews", "again"]) desk.news.addEventListener(name, () => void this.load());
    desk.news.addEventListener("again", () => this.#outbox.hurry());
    desk.news.addEventListener("gone", () => this.#end());
    document.addEventListener("visibilitychange", () => document.hidden || void this.load());
    void this.load();
  }

  async load() {
    if (this.#asking) return void (this.#again = true);
    this.#asking = true;
    do {
      this.#again = false;
      const { ok, status, body } = await this.desk.ask("/notes");
      if (ok) this.#take(body);
      else if (status === 404) this.#end();
      else setTimeout(() => void this.load(), RETRY_MS);
    } while (this.#again);
    this.#asking = false;
  }

  /** In the order of the film; what is about the whole comes first. @returns {readonly Thread[]} */
  get threads() {
    return (this.#threads ??= this.#threaded());
  }

  /** What a note says, also one that is on its way; null: there is none. @param {string} note */
  textOf(note) {
    return (this.#outbox.find(note)?.words ?? this.#notes.get(note))?.text ?? null;
  }

  #threaded() {
    const notes = this.#all();
    const known = new Set(notes.map(({ note }) => note));
    /** @type {Map<string, Note[]>} */
    const answersTo = new Map();
    for (const note of notes) if (note.parent !== null) answersTo.set(note.parent, [...(answersTo.get(note.parent) ?? []), note]);
    const roots = notes.filter(({ parent }) => parent === null || !known.has(parent));
    const threads = roots.map((root) => {
      const answers = answersTo.get(root.note) ?? [];
      return { ...root, answers, answered: answers.some(({ author, deleted }) => !deleted && answersFor(root, author)) };
    });
    return threads.sort((a, b) => (a.at_ms ?? -1) - (b.at_ms ?? -1) || a.created_ms - b.created_ms);
  }

  /** Whether it was deleted a moment ago and can still come back. @param {string} note */
  undoable(note) {
    return (this.#gone.get(note)?.until_ms ?? 0) > Date.now();
  }

  /** @param {string} note @param {Words} words */
  write(note, words) {
    this.#outbox.add(note, words, this.#notes.get(note)?.version ?? 0);
  }

  /** @param {Note} note */
  remove(note) {
    this.#gone.set(note.note, { note, until_ms: Date.now() + UNDO_MS });
    setTimeout(() => this.#changed(), UNDO_MS + 50);
    this.#outbox.add(note.note, null, note.version);
  }

  /** What was deleted a moment ago. @param {string} note */
  bringBack(note) {
    const gone = this.#gone.get(note)?.note;
    this.#gone.delete(note);
    if (gone) this.#outbox.add(note, wordsOf(gone), this.#notes.get(note)?.version ?? gone.version, true);
  }

  /** Of two texts of one note. @param {string} note @param {boolean} mine whether this device's stays */
  choose(note, mine) {
    const item = this.#outbox.find(note);
    this.#outbox.forget(note);
    if (mine && item?.words) this.#outbox.add(note, item.words, item.theirs?.version ?? item.version, true);
    else void this.load();
  }

  /** What the server did not take is sent again. @param {string} note */
  again(note) {
    const item = this.#outbox.find(note);
    this.#outbox.forget(note);
    if (item) this.#outbox.add(note, item.words, item.version, item.revives);
  }

  /** What the server did not take goes. @param {string} note */
  forget(note) {
    this.#outbox.forget(note);
  }

  /** @param {string[] | "all"} notes @param {boolean} shared @returns {Promise<boolean>} */
  async share(notes, shared) {
    const { ok, body } = await this.desk.ask(shared ? "/notes/share" : "/notes/unshare", { method: "POST", body: { notes } });
    if (ok) this.#take(body);
    return ok;
  }

  /** @param {string} note @returns {Promise<{ version: number, text: string, changed_ms: number }[] | null>} */
  async history(note) {
    const { ok, body } = await this.desk.ask(`/notes/${note}/history`);
    return ok ? body.versions : null;
  }

  /** @param {{ notes: Note[], people: Someone[], waits: boolean }} body */
  #take({ notes, people, waits }) {
    this.#notes = new Map(notes.map((note) => [note.note, { ...note, ...ARRIVED }]));
    this.people = people;
    this.waits = waits;
    this.loaded = true;
    this.over = false;
    this.#changed();
  }

  #end() {
    this.#notes = new Map([...this.#notes].filter(([, { mine }]) => mine));
    this.people = [];
    this.over = true;
    this.#changed();
  }

  /** @param {any} arrived */
  #arrive(arrived) {
    const before = this.#notes.get(arrived.note);
    if (!arrived.deleted) this.#notes.set(arrived.note, { ...arrived, ...ARRIVED });
    else if (before) this.#notes.set(arrived.note, { ...before, text: "", rich: [], version: arrived.version, deleted: true });
    void this.load();
  }

  #all() {
    const waiting = this.#outbox.items;
    const notes = new Map(this.#notes);
    for (const item of waiting) {
      const before = notes.get(item.note);
      if (item.words === null) {
        if (before) notes.set(item.note, { ...before, deleted: true });
        continue;
      }
      const same = before && sameWords(item.words, before);
      notes.set(item.note, {
        ...(before ?? this.#fresh(item.note, Number(item.stamp.split(".")[0]))),
        ...item.words,
        addressee: this.#person(item.words.addressee),
        rich: same ? before.rich : [item.words.text],
        deleted: false,
        unsent: item.state,
        late: this.#outbox.fails,
        problem: item.problem,
        theirs: item.theirs,
      });
    }
    const answered = new Set([...notes.values()].filter(({ deleted }) => !deleted).map(({ parent }) => parent));
    return [...notes.values()].filter(({ note, deleted }) => !deleted || answered.has(note) || this.undoable(note));
  }

  /** @param {string} note @param {number} created_ms @returns {Note} */
  #fresh(note, created_ms) {
    const { person, use } = this.desk;
    /** @type {Role} */
    const role = use === "own" ? "teacher" : use === "consult" ? "consultant" : "colleague";
    return {
      note, created_ms, version: 0, parent: null, kind: "note", at_ms: null, end_ms: null, text: "", rich: [], shared: false, mine: true,
      edited: false, deleted: false, author: { person, name: "", role }, addressee: null, ...ARRIVED,
    };
  }

  /** @param {string | null} person */
  #person(person) {
    return person === null ? null : { person, name: this.people.find((each) => each.person === person)?.name ?? "…" };
  }

  #changed() {
    this.#threads = null;
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/** @param {Note} note @returns {Words} */
export function wordsOf({ kind, text, at_ms, end_ms, parent, addressee }) {
  return { kind, text, at_ms, end_ms, parent, addressee: addressee?.person ?? null };
}

/** @param {Note} question @param {Someone} author */
function answersFor({ addressee, author: asker }, author) {
  return addressee === null ? author.person !== asker.person : author.person === addressee.person;
}
