// One text that somebody writes, until the server has it: kept on this device at every key, sent soon after, and again until it arrives.

const SOON_MS = 400;
const RETRY_MS = { least: 1_000, most: 10_000 };

/** @typedef {"saved" | "saving" | "kept"} Saving `kept`: the server could not be reached; it is tried again */

/** Events: `change` of `state`. */
export class Saver extends EventTarget {
  /** @type {Saving} */
  state = "saved";
  #key;
  #send;
  #timer = 0;
  #failures = 0;
  /** @type {string | null} what the server does not have yet */
  #waiting;

  /**
   * @param {string} key under which it is kept on this device
   * @param {(text: string, leaving: boolean) => Promise<boolean>} send true when it is on the server's disk, and only then: what is refused stays here
   */
  constructor(key, send) {
    super();
    this.#key = key;
    this.#send = send;
    this.#waiting = read(key);
    if (this.#waiting !== null) this.#in(0);
    addEventListener("online", () => this.#waiting !== null && this.#in(0));
    addEventListener("pagehide", () => void this.#flush(true));
  }

  /** What was written here and is not on the server. */
  get waiting() {
    return this.#waiting;
  }

  /** @param {string} text */
  write(text) {
    this.#waiting = text;
    keep(this.#key, text);
    this.#become("saving");
    this.#in(SOON_MS);
  }

  flush() {
    void this.#flush(false);
  }

  /** @param {number} ms */
  #in(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.flush(), ms);
  }

  /** @param {boolean} leaving */
  async #flush(leaving) {
    clearTimeout(this.#timer);
    const text = this.#waiting;
    if (text === null) return;
    const done = await this.#send(text, leaving);
    if (text !== this.#waiting) return;
    if (!done) {
      this.#become("kept");
      this.#in(Math.min(RETRY_MS.most, RETRY_MS.least * 2 ** this.#failures++));
      return;
    }
    this.#failures = 0;
    this.#waiting = null;
    keep(this.#key, null);
    this.#become("saved");
  }

  /** @param {Saving} state */
  #become(state) {
    if (state === this.state) return;
    this.state = state;
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/** @param {string} key */
export function read(key) {
  try {
    return localStorage.getItem(key);
  } catch {
    return null; // this browser keeps nothing
  }
}

/**
 * @param {string} key
 * @param {string | null} text
 */
export function keep(key, text) {
  try {
    if (text === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // full, or forbidden: it is still on the page
  }
}
