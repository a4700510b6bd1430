// What is being written and not sent yet, kept on this device at every key. A page that is loaded anew finds its own again, and a new
// page what another one left behind.

import { keep, keysBelow, read } from "./kept.js";
import { randomWord } from "./random.js";

/** @typedef {import("./note_outbox.js").Words} Words */
/** @typedef {Words & { note: string, touched_ms: number }} Draft `note`: the id that it will have */

export class NoteDrafts {
  #prefix;

  /** @param {string} prefix of its keys on this device */
  constructor(prefix) {
    this.#prefix = prefix;
  }

  /**
   * The new note that this page writes; `left`: another page left it, or still writes it.
   * @returns {{ draft: Draft, left: boolean } | null}
   */
  get fresh() {
    const own = this.#own();
    const found = own ? /** @type {Draft | null} */ (this.read(`new/${own}`)) : null;
    if (found !== null) return { draft: found, left: false };
    const kept = keysBelow(`${this.#prefix}new/`).map((key) => /** @type {Draft | null} */ (read(key)));
    const newest = kept.filter((draft) => draft !== null).sort((a, b) => b.touched_ms - a.touched_ms)[0];
    return newest === undefined ? null : { draft: newest, left: true };
  }

  /** @param {Words} words @returns {Draft} */
  begin(words) {
    const draft = { ...words, note: randomWord(), touched_ms: Date.now() };
    this.#own(draft.note);
    return draft;
  }

  /** @param {Draft} draft */
  keepFresh(draft) {
    this.keep(`new/${draft.note}`, draft);
  }

  /** @param {string} note */
  dropFresh(note) {
    this.keep(`new/${note}`, null);
  }

  /** @param {string} slot such as "answer/NOTE" @returns {any} */
  read(slot) {
    return read(this.#prefix + slot);
  }

  /** @param {string} slot @param {unknown} value null: none */
  keep(slot, value) {
    keep(this.#prefix + slot, value);
  }

  /** Which new note is this page's. @param {string} [note] */
  #own(note) {
    const key = `${this.#prefix}own`;
    try {
      if (note !== undefined) sessionStorage.setItem(key, note);
      return sessionStorage.getItem(key);
    } catch {
      return note ?? null;
    }
  }
}
