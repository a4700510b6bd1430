// What the server says about one recording: asked for until it is ready, and again when its film can no longer be read.

/** @import { FilmData } from "./views/film.js" */

const POLL_MS = 500;
const RETRY_MS = { least: 500, most: 5_000 };
const OFTEN = 3;

/** Events: `change`. */
export class FilmSource extends EventTarget {
  /** @type {{ data: FilmData | null, reachable: boolean }} */
  state = { data: null, reachable: true };
  /** @type {string | null} */
  #url = null;
  #timer = 0;
  #failures = 0;
  #losses = 0;

  /** @param {string | null} url null: nothing to ask for any more */
  follow(url) {
    if (url === this.#url) return;
    this.#url = url;
    clearTimeout(this.#timer);
    [this.#failures, this.#losses] = [0, 0];
    this.state = { data: null, reachable: true };
    if (url !== null) void this.#ask(url);
  }

  /** The film could not be read: perhaps it stands at another address by now. */
  lost() {
    this.#askIn(pauseAfter(++this.#losses));
  }

  found() {
    this.#losses = 0;
  }

  /** @param {string} url */
  async #ask(url) {
    const data = await read(url);
    if (url !== this.#url) return;
    this.#failures = data === null ? this.#failures + 1 : 0;
    this.state = { data: data ?? this.state.data, reachable: this.#failures < OFTEN };
    this.dispatchEvent(new CustomEvent("change"));
    if (this.#failures) this.#askIn(pauseAfter(this.#failures));
    else if (data?.state === "recording") this.#askIn(POLL_MS);
  }

  /** @param {number} ms */
  #askIn(ms) {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#url !== null && void this.#ask(this.#url), ms);
  }
}

/** @param {number} times */
function pauseAfter(times) {
  return Math.min(RETRY_MS.most, RETRY_MS.least * 2 ** (times - 1));
}

/** @param {string} url @returns {Promise<FilmData | null>} null: not now */
async function read(url) {
  try {
    const response = await fetch(url, { cache: "no-store", headers: { accept: "application/json" } });
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
