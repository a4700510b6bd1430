// What the server says about one recording: asked for until it is ready, when its film can no longer be read, and while somebody looks at
// the page: another version may have taken its place, or it may have been deleted.

/** @import { FilmData } from "./views/film.js" */

const POLL_MS = 500;
const SOON_MS = 100;
const CHANGES_MS = 1_000;
const LOOK_AGAIN_MS = 10_000;
const RETRY_MS = { least: 500, most: 5_000 };
const OFTEN = 3;

/** A recording that is not there any more. @type {FilmData} */
export const GONE = {
  state: "gone",
  film: null,
  live: null,
  live_screen: null,
  screen_film: null,
  you: { use: "watch", person: "", name: "", teacher: "", teacher_name: "" },
  includes: [],
  phases: [],
  duration_ms: 0,
  started_ms: 0,
  moments: [],
  notes: [],
  holes: [],
  silent: false,
  taken_out: { picture: "never", screen: "never", voices: 0 },
  products: { film: { state: "none", progress: 0, size_bytes: 0, url: null, error: "" }, poster: null, sprite: null, stills: null, waveform: null },
};

/** Events: `change`. */
export class FilmSource extends EventTarget {
  /** @type {{ data: FilmData | null, reachable: boolean }} */
  state = { data: null, reachable: true };
  /** @type {string | null} */
  #url = null;
  #timer = 0;
  #failures = 0;
  #losses = 0;
  #waits = false;
  #hurries = false;

  constructor() {
    super();
    document.addEventListener("visibilitychange", () => this.#waits && this.ask());
  }

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

  /** The lesson has ended this moment: its film is there at once. */
  hurry() {
    this.#hurries = true;
    this.ask();
  }

  found() {
    this.#losses = 0;
  }

  /** Now: something has changed. */
  ask() {
    this.#askIn(0);
  }

  /** It is over for this page, said by the server without being asked. @param {NonNullable<FilmData["why"]>} why */
  end(why) {
    clearTimeout(this.#timer);
    [this.#url, this.#waits] = [null, false];
    this.state = { data: { ...this.#gone(), why }, reachable: true };
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** Whose it was stays known. @returns {FilmData} */
  #gone() {
    return { ...GONE, you: this.state.data?.you ?? GONE.you };
  }

  /** @param {string} url */
  async #ask(url) {
    const data = await read(url);
    if (url !== this.#url) return;
    this.#failures = data === null ? this.#failures + 1 : 0;
    this.state = { data: data === GONE ? this.#gone() : (data ?? this.state.data), reachable: this.#failures < OFTEN };
    this.dispatchEvent(new CustomEvent("change"));
    if (this.#failures) this.#askIn(pauseAfter(this.#failures));
    else if (data !== null && data !== GONE) this.#askIn(this.#pauseBeforeNext(data));
  }

  /** @param {FilmData} data */
  #pauseBeforeNext(data) {
    if (data.state === "recording") return this.#hurries ? SOON_MS : POLL_MS;
    this.#hurries = false;
    return pauseBeforeNext(data);
  }

  /** @param {number} ms */
  #askIn(ms) {
    clearTimeout(this.#timer);
    this.#waits = false;
    this.#timer = setTimeout(() => {
      this.#waits = document.hidden && ms >= LOOK_AGAIN_MS;
      if (this.#url !== null && !this.#waits) void this.#ask(this.#url);
    }, ms);
  }
}

/** @param {FilmData} data */
function pauseBeforeNext({ state, film, silent, taken_out, products }) {
  const making = products.film.state === "queued" || products.film.state === "running";
  const changing = silent || (state === "ready" && film === null);
  return making || changing || [taken_out.picture, taken_out.screen].includes("leaving") ? CHANGES_MS : LOOK_AGAIN_MS;
}

/** @param {number} times */
function pauseAfter(times) {
  return Math.min(RETRY_MS.most, RETRY_MS.least * 2 ** (times - 1));
}

/** @param {string} url @returns {Promise<FilmData | null>} null: not now */
async function read(url) {
  try {
    const response = await fetch(url, { cache: "no-store", headers: { accept: "application/json" } });
    if (response.status === 404 || response.status === 410) return GONE;
    return response.ok ? await response.json() : null;
  } catch {
    return null;
  }
}
