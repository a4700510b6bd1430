// Where the film is that people watch together: one place for all, reckoned from the server's time, and moved by whoever acts.
// Knows no player. Nothing is asked while the film plays; of two who act at once the quicker one is followed.

import { News } from "./news.js";
import { ask } from "./studio.js";

/** @typedef {"play" | "pause" | "seek" | "rate"} ActKind */
/** @typedef {{ position_ms: number, playing: boolean, rate: number, changed_ms: number, leader: string, version: number }} Place */
/** @typedef {{ act: ActKind, position_ms: number, rate: number }} Act */

const OTHERS_STATE_IT_MS = 3_000;
const ASK_AGAIN_MS = 1_000;

/** Events: `change`; `watchers` (who may watch has changed, or may have). */
export class Playhead extends EventTarget {
  /** @type {Place} */
  place = { position_ms: 0, playing: false, rate: 1, changed_ms: 0, leader: "", version: 0 };
  #url;
  #now;
  /** @type {() => string} */
  #seat;
  /** @type {Act[]} */
  #waiting = [];
  #sending = false;
  /** What was told while something is on its way. @type {Place | null} */
  #told = null;

  /**
   * @param {string} session
   * @param {() => number} now the server's clock, UTC ms
   * @param {() => string} seat one's own
   */
  constructor(session, now, seat) {
    super();
    this.#url = `/sessions/${session}/film`;
    this.#now = now;
    this.#seat = seat;
    const news = new News(`/sessions/${session}/news`);
    news.addEventListener("film", (event) => event instanceof CustomEvent && this.#hear(event.detail));
    for (const type of ["watchers", "again", "gone"]) news.addEventListener(type, () => this.dispatchEvent(new CustomEvent("watchers")));
  }

  get positionMs() {
    return positionAt(this.place, this.#now());
  }

  /** The film is here now; the server hears of it. @param {ActKind} act @param {number} positionMs @param {number} [rate] */
  act(act, positionMs, rate = this.place.rate) {
    const position_ms = Math.max(0, Math.round(positionMs));
    if (this.#waiting.at(-1)?.act === act) this.#waiting.pop();
    this.#waiting.push({ act, position_ms, rate });
    const playing = act === "play" || (act !== "pause" && this.place.playing);
    this.#set({ ...this.place, position_ms, playing, rate, changed_ms: this.#now(), leader: this.#seat() });
    void this.#send();
  }

  /** What the server says when it is asked. One that has been started anew knows nothing: it is told. @param {Place} place */
  learn(place) {
    if (place.version === 0 && this.place.version > 0) {
      this.place = { ...this.place, version: 0 };
      setTimeout(() => this.#state(), this.place.leader === this.#seat() ? 0 : OTHERS_STATE_IT_MS);
      return;
    }
    if (place.version >= this.place.version && !this.#sending) this.#set(place);
  }

  #state() {
    if (this.place.version === 0) this.act(this.place.playing ? "play" : "pause", this.positionMs);
  }

  /** @param {Place} place */
  #hear(place) {
    if (this.#sending) this.#told = place;
    else if (place.version > this.place.version) this.#set(place);
  }

  /** One after the other: each names the version that the one before has made. */
  async #send() {
    if (this.#sending) return;
    this.#sending = true;
    for (let act = this.#waiting.shift(); act; act = this.#waiting.shift()) {
      const answer = await ask(this.#url, { method: "POST", body: { ...act, version: this.place.version } });
      if (!answer.body?.film) {
        setTimeout(() => this.dispatchEvent(new CustomEvent("watchers")), ASK_AGAIN_MS);
        break;
      }
      if (!answer.ok) this.#waiting = [];
      if (this.#waiting.length === 0) this.#set(answer.body.film);
      else this.place = { ...this.place, version: answer.body.film.version };
    }
    const told = this.#told;
    [this.#waiting, this.#sending, this.#told] = [[], false, null];
    if (told !== null) this.#hear(told);
  }

  /** @param {Place} place */
  #set(place) {
    this.place = place;
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/**
 * As server/review/together.py.
 * @param {Place} place
 * @param {number} nowMs
 */
export function positionAt({ position_ms, playing, rate, changed_ms }, nowMs) {
  return playing ? position_ms + Math.max(0, nowMs - changed_ms) * rate : position_ms;
}
