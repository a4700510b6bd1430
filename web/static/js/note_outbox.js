// Notes on their way to the server: kept on this device, in order, until it says that it has them. Several pages of one browser may send
// the same one; the server takes it once, by its id and version.

import { keep, keysBelow, read } from "./kept.js";

const RETRY_MS = { least: 1_000, most: 15_000 };
const SLOW_MS = 4_000;

/** @typedef {"note" | "worked" | "change" | "question"} Kind */
/** @typedef {{ kind: Kind, text: string, at_ms: number | null, end_ms: number | null, parent: string | null, addressee: string | null }} Words */
/** @typedef {"waiting" | "refused" | "changed"} Waiting `refused`: `problem` says why; `changed`: `theirs` is what it says elsewhere meanwhile */
/**
 * @typedef {object} Item
 * @property {string} note
 * @property {Words | null} words null: it is to be deleted
 * @property {number} version the one that it changes
 * @property {string} stamp in the order of sending; another one as soon as anything else is to be sent
 * @property {boolean} revives it comes back although it was deleted
 * @property {Words | null} sent what may have arrived without our hearing of it
 * @property {Waiting} state
 * @property {string} problem
 * @property {any} theirs
 */
/** @typedef {(path: string, options?: { method?: string, body?: unknown, keepalive?: boolean }) => Promise<{ ok: boolean, status: number, body: any }>} Ask */

let count = 0;

/** Events: `change` of what waits; `arrived` (detail: the answer's note, or { note, version, deleted }). */
export class NoteOutbox extends EventTarget {
  #prefix;
  #ask;
  #sending = false;
  #failures = 0;
  #slow = false;
  #timer = 0;

  /**
   * @param {string} prefix of its keys on this device
   * @param {Ask} ask
   */
  constructor(prefix, ask) {
    super();
    this.#prefix = prefix;
    this.#ask = ask;
    addEventListener("online", () => this.hurry());
    addEventListener("storage", ({ key }) => key?.startsWith(prefix) && this.#changed());
    this.hurry();
  }

  /** In the order in which they are sent. */
  get items() {
    const items = keysBelow(this.#prefix).map((key) => /** @type {Item | null} */ (read(key)));
    return items.filter((item) => item !== null).sort((a, b) => (a.stamp < b.stamp ? -1 : 1));
  }

  /** Whether what waits does not arrive. */
  get fails() {
    return this.#failures > 0 || this.#slow;
  }

  /** @param {string} note @returns {Item | null} */
  find(note) {
    return read(this.#prefix + note);
  }

  /**
   * What the note says from now on; null: nothing. What waited of it until now is replaced.
   * @param {string} note
   * @param {Words | null} words
   * @param {number} version
   * @param {boolean} [revives]
   */
  add(note, words, version, revives = false) {
    const before = this.find(note);
    const from = before?.state === "waiting" ? before.version : version;
    const sent = words === null ? null : (before?.sent ?? null);
    this.#keep({ note, words, version: from, stamp: stamp(), revives, sent, state: "waiting", problem: "", theirs: null });
    this.hurry();
  }

  /** @param {string} note */
  forget(note) {
    keep(this.#prefix + note, null);
    this.#changed();
  }

  /** Sends at once what waits. */
  hurry() {
    clearTimeout(this.#timer);
    void this.#sendAll();
  }

  async #sendAll() {
    if (this.#sending) return;
    this.#sending = true;
    try {
      for (let item = this.#next(); item !== undefined; item = this.#next()) {
        if (!(await this.#watched(item))) return this.#later();
        this.#failures = 0;
      }
    } finally {
      this.#sending = false;
    }
  }

  /** @param {Item} item */
  async #watched(item) {
    const timer = setTimeout(() => {
      this.#slow = true;
      this.#changed();
    }, SLOW_MS);
    const sent = await this.#send(item);
    clearTimeout(timer);
    this.#slow = false;
    return sent;
  }

  #next() {
    return this.items.find(({ state }) => state === "waiting");
  }

  #later() {
    const pauseMs = Math.min(RETRY_MS.most, RETRY_MS.least * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.hurry(), pauseMs * (0.75 + Math.random() / 2));
    this.#changed();
  }

  /** @param {Item} item @returns {Promise<boolean>} false: again later */
  async #send(item) {
    const path = `/notes/${item.note}`;
    const { words, version } = item;
    if (words !== null) this.#keep({ ...item, sent: words });
    const answer = words === null ? await this.#ask(path, { method: "DELETE" }) : await this.#ask(path, { method: "PUT", body: { ...words, version } });
    if (answer.ok) this.#arrive(item, answer.body);
    else if (answer.status === 409 && answer.body?.code === "note_changed") this.#resolve(item, answer.body.note);
    else if (answer.status >= 400 && answer.status < 500 && answer.status !== 408 && answer.status !== 429) this.#refuse(item, answer.body);
    else return false;
    return true;
  }

  /** @param {Item} item @param {any} body */
  #arrive(item, body) {
    const arrived = item.words === null ? { note: item.note, version: body?.version ?? item.version, deleted: true } : body.note;
    const now = this.find(item.note);
    if (now?.stamp === item.stamp) keep(this.#prefix + item.note, null);
    else if (now !== null) this.#keep({ ...now, version: arrived.version, sent: null });
    this.dispatchEvent(new CustomEvent("arrived", { detail: arrived }));
    this.#changed();
  }

  /** What was changed elsewhere may be what this page sent itself before its line broke. @param {Item} item @param {any} theirs */
  #resolve(item, theirs) {
    const now = this.find(item.note) ?? item;
    const own = theirs.deleted ? now.revives : item.sent !== null && sameWords(item.sent, theirs);
    if (own) this.#keep({ ...now, version: theirs.version, sent: null });
    else this.#keep({ ...now, state: "changed", theirs });
  }

  /** @param {Item} item @param {any} body */
  #refuse(item, body) {
    const now = this.find(item.note);
    if (now?.stamp === item.stamp) this.#keep({ ...now, state: "refused", problem: String(body?.message ?? "") });
  }

  /** @param {Item} item */
  #keep(item) {
    keep(this.#prefix + item.note, item);
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/** @param {Words} a @param {any} b a note as the server shows it */
export function sameWords(a, b) {
  return a.kind === b.kind && a.text === b.text && a.at_ms === b.at_ms && a.end_ms === b.end_ms;
}

/** Later ones sort after earlier ones. */
function stamp() {
  return `${String(Date.now()).padStart(15, "0")}.${String(count++).padStart(6, "0")}`;
}
