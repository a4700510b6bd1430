// What the parts of a recording's page share: whose recording it is, what the server says about it, its film, and its news.
// A part is an element with `connect(studio)`; it listens here and knows no other part.

import { News } from "./news.js";

/** @import { FilmData } from "./views/film.js" */
/** @import { RecordingFilm } from "./views/film.js" */

/** @typedef {"own" | "watch" | "consult"} Use */
/** @typedef {{ connect(studio: Studio): void }} Part */
/** @typedef {{ at_ms: number, end_ms: number | null, kind: string, key: string, label: string }} Tick something on the time line that can be jumped to */

/**
 * Events: `data` (what the server says about the recording has changed), `time` (the film is somewhere else), `ticks` (parts show other
 * things on the time line), `typing` (somebody begins or ends to write: detail true or false).
 */
export class Studio extends EventTarget {
  take;
  /** @type {Use} */
  use;
  person;
  film;
  news;
  /** @type {FilmData | null} */
  data = null;
  /** @type {Map<string, Tick[]>} */
  #ticks = new Map();

  /**
   * @param {HTMLElement} root the page's element, with data-take, data-use and data-person
   * @param {RecordingFilm} film
   */
  constructor(root, film) {
    super();
    this.take = root.dataset["take"] ?? "";
    this.use = /** @type {Use} */ (root.dataset["use"] ?? "own");
    this.person = root.dataset["person"] ?? "";
    this.film = film;
    this.news = new News(`${this.path}/news`);
  }

  get path() {
    return `/recordings/${this.take}`;
  }

  /** @param {FilmData | null} data */
  show(data) {
    this.data = data;
    this.dispatchEvent(new CustomEvent("data"));
  }

  moved() {
    this.dispatchEvent(new CustomEvent("time"));
  }

  /** What a part wants to see on the time line, whole. @param {string} part @param {Tick[]} ticks */
  setTicks(part, ticks) {
    this.#ticks.set(part, ticks);
    this.dispatchEvent(new CustomEvent("ticks"));
  }

  get ticks() {
    return [...this.#ticks.values()].flat().sort((a, b) => a.at_ms - b.at_ms);
  }

  /** @param {boolean} begins */
  typing(begins) {
    this.dispatchEvent(new CustomEvent("typing", { detail: begins }));
  }

  /**
   * Asks the server below this recording's address.
   * @param {string} path such as "/notes"
   * @param {{ method?: string, body?: unknown, keepalive?: boolean }} [options] a body is sent as JSON
   * @returns {Promise<{ ok: boolean, status: number, body: any }>} status 0: not reached; body.message says in words what is wrong
   */
  ask(path, options) {
    return ask(this.path + path, options);
  }
}

/**
 * @param {string} url
 * @param {{ method?: string, body?: unknown, keepalive?: boolean }} [options] a body is sent as JSON
 * @returns {Promise<{ ok: boolean, status: number, body: any }>} as `Studio.ask`
 */
export async function ask(url, { method = "GET", body, keepalive = false } = {}) {
  const headers = { accept: "application/json", ...(body === undefined ? {} : { "content-type": "application/json" }) };
  try {
    const response = await fetch(url, { method, headers, keepalive, cache: "no-store", body: body === undefined ? null : JSON.stringify(body) });
    return { ok: response.ok, status: response.status, body: await response.json().catch(() => null) };
  } catch {
    return { ok: false, status: 0, body: null };
  }
}
