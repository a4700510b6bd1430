// What can be done with the film of a recording: places, speed, sound, a part of it. It knows no controls; who draws it overrides the
// four hooks at the end.

import * as words from "../words.js";
import { FilmPair } from "./film_pair.js";
import { SPEEDS } from "./player_controls.js";
import { ViewElement } from "./view.js";

/** @import { State } from "../film_data.js" */
/** @import { Range } from "../film_place.js" */

export const BEFORE_MOMENT_MS = 3_000;
const FRAME_MS = 1000 / 30;
const { part, said } = words.player;

/** Emits `range` when another part is chosen. @extends {ViewElement<State>} */
export class FilmPlayback extends ViewElement {
  pair = new FilmPair();
  /** 0: not known, as while the lesson is being recorded. */
  durationMs = 0;
  /** @type {Range | null} */
  #range = null;
  #loops = false;
  #rate = 1;

  /** Where the film is now. */
  get atMs() {
    return Math.round(this.video.currentTime * 1000);
  }

  /** The one that leads. */
  get video() {
    return this.pair.lead;
  }

  get paused() {
    return this.video.paused;
  }

  play() {
    if (this.#loops && this.#range && this.atMs >= this.#range.end) this.seek(this.#range.start);
    void this.video.play().catch(() => null);
  }

  pause() {
    this.video.pause();
  }

  /** By the person. */
  toggle() {
    if (this.paused) this.play();
    else this.pause();
  }

  /** @param {number} atMs */
  seek(atMs) {
    const { seekable } = this.video;
    const [first, last] = this.durationMs > 0 || seekable.length === 0 ? [0, this.durationMs || Infinity] : [seekable.start(0) * 1000, seekable.end(seekable.length - 1) * 1000];
    this.pair.seek(Math.min(last, Math.max(first, atMs)) / 1000);
    this.moved();
  }

  /** To shortly before this place. @param {number} atMs */
  jump(atMs) {
    this.seek(atMs - BEFORE_MOMENT_MS);
  }

  /** Single pictures, at rest. @param {1 | -1} pictures */
  step(pictures) {
    this.pause();
    this.seek(this.atMs + pictures * FRAME_MS);
  }

  get volume() {
    return this.video.volume;
  }

  set volume(volume) {
    this.pair.sound = { volume, muted: volume === 0 };
  }

  get muted() {
    return this.video.muted;
  }

  set muted(muted) {
    this.pair.sound = { volume: this.volume, muted };
  }

  get rate() {
    return this.#rate;
  }

  /** @param {number} times as fast as it was */
  set rate(times) {
    this.#rate = times;
    this.pair.rate = times;
    this.changed();
  }

  /** @param {1 | -1} by */
  faster(by) {
    const next = by > 0 ? SPEEDS.find((speed) => speed > this.#rate) : [...SPEEDS].reverse().find((speed) => speed < this.#rate);
    if (next !== undefined) this.rate = next;
    this.say(said.speed(words.decimal(this.#rate)));
  }

  /** The part that is chosen. */
  get range() {
    return this.#range;
  }

  set range(range) {
    if (JSON.stringify(range) === JSON.stringify(this.#range)) return;
    this.#range = range;
    this.chosen();
    this.say(range ? part.chosen(range.start, range.end) : said.cleared);
    this.dispatchEvent(new CustomEvent("range", { detail: range }));
  }

  beginPart() {
    const end = this.#range && this.#range.end > this.atMs ? this.#range.end : this.durationMs;
    if (end > this.atMs) this.range = { start: this.atMs, end };
  }

  endPart() {
    const start = this.#range && this.#range.start < this.atMs ? this.#range.start : 0;
    if (this.atMs > start) this.range = { start, end: this.atMs };
  }

  /** Whether the part, or all of it, begins again at its end. */
  get loops() {
    return this.#loops;
  }

  set loops(loops) {
    this.#loops = loops;
    this.changed();
    this.say(loops ? said.loopOn : said.loopOff);
  }

  /** The film is at another place. */
  moved() {}

  /** It plays in another way. */
  changed() {}

  /** Another part is chosen. */
  chosen() {}

  /** For a moment. @param {string} _text */
  say(_text) {}
}
