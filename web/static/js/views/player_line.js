// The time line of a film: a slider, and what lies where. Dragging looks for places; with Shift it chooses a part.

import { h, keyed, setAttribute, show } from "../dom.js";
import * as words from "../words.js";
import { PlayerPreview } from "./player_preview.js";
import { PlayerTalk } from "./player_talk.js";
import { PlayerChapters, PlayerTicks, placeAt } from "./player_ticks.js";
import { PlayerWave } from "./player_wave.js";
import { ViewElement } from "./view.js";

/** @import { Range } from "../film_place.js" */
/** @import { Tick } from "../studio.js" */
/** @import { FilmData, RecordingFilm } from "./film.js" */
/** @typedef {{ data: FilmData, ticks: Tick[], range: Range | null, talk: string | null }} State `talk`: where it is said who talks when, if it may be seen */

const STEP_MS = { usual: 5_000, fine: 1_000, page: 30_000 };
const LEAST_PART_MS = 250;
const { line } = words.player;

/** @extends {ViewElement<State>} */
export class PlayerLine extends ViewElement {
  #film;
  #wave = new PlayerWave();
  #preview = new PlayerPreview();
  #talk = new PlayerTalk();
  #ticks;
  #chapters;
  #buffered = h("div", { class: "line-buffered" });
  #holes = h("div", { class: "line-holes" });
  #part = h("div", { class: "line-part", hidden: true });
  #played = h("div", { class: "line-played" });
  #track = h("div", { class: "line-track", id: "film-line", role: "slider", tabindex: 0, "aria-label": line.label, "aria-valuemin": 0 });
  #playhead = h("span", { class: "line-playhead", "aria-hidden": "true" });
  #durationMs = 0;
  /** @type {FilmData["phases"]} */
  #phases = [];
  /** What the pointer that is down does, and where it began. @type {{ selects: boolean, fromMs: number, plays: boolean } | null} */
  #drag = null;
  /** Where it is to go once the film has arrived at the place before. @type {number | null} */
  #wanted = null;

  /** @param {RecordingFilm} film */
  constructor(film) {
    super();
    this.#film = film;
    this.#ticks = new PlayerTicks((tick) => film.jumpTo(tick));
    this.#chapters = new PlayerChapters((atMs) => film.seek(atMs));
  }

  build() {
    const inside = h("div", { class: "line-inside", "aria-hidden": "true" }, this.#buffered, this.#wave.canvas, this.#holes, this.#part, this.#played);
    this.#track.append(inside);
    this.append(this.#ticks.node, this.#track, this.#chapters.node, this.#talk.node, this.#playhead, this.#preview.node);
    this.#track.addEventListener("keydown", (event) => this.#press(event));
    this.#track.addEventListener("pointerdown", (event) => this.#grab(event));
    this.#track.addEventListener("pointermove", (event) => this.#point(event));
    for (const type of ["pointerup", "pointercancel"]) this.#track.addEventListener(type, () => this.#release());
    this.#track.addEventListener("pointerleave", () => this.#drag ?? this.#preview.hide());
    this.#film.addEventListener("seeked", () => this.#goOn(), true);
  }

  /** @param {State} state */
  update({ data, ticks, range, talk }) {
    const { duration_ms: durationMs, phases, holes, products, film } = data;
    [this.#durationMs, this.#phases] = [durationMs, phases];
    this.#ticks.show(ticks, durationMs);
    this.#chapters.show(phases, durationMs);
    this.#wave.show(products.waveform);
    this.#preview.address = products.sprite;
    this.#talk.show(talk, film ?? "");
    keyed(this.#holes, holes, ({ start_ms, what }) => `${start_ms} ${what}`, () => h("span", { class: "tick-hole" }), (hole, { start_ms, end_ms }) => {
      placeAt(hole, start_ms / durationMs, (end_ms - start_ms) / durationMs);
    });
    show(this.#part, range !== null);
    if (range) placeAt(this.#part, range.start / durationMs, (range.end - range.start) / durationMs);
    setAttribute(this.#track, "aria-valuemax", Math.round(durationMs / 1000));
    this.say(this.#film.atMs);
    this.move(this.#film.atMs);
  }

  /** Where the film is. @param {number} atMs */
  move(atMs) {
    const at = this.#wanted ?? atMs;
    for (const part of [this.#playhead, this.#played]) placeAt(part, this.#durationMs > 0 ? at / this.#durationMs : 0, 0);
  }

  /** For who hears the page: after somebody went somewhere and not while it plays, which would never end. @param {number} atMs */
  say(atMs) {
    const chapter = this.#phases.length > 1 ? (this.#phases.find(({ at_ms, end_ms }) => at_ms <= atMs && atMs < end_ms)?.title ?? "") : "";
    setAttribute(this.#track, "aria-valuenow", Math.round(atMs / 1000));
    setAttribute(this.#track, "aria-valuetext", line.at(atMs, this.#durationMs, chapter));
  }

  /** What can be played without asking the server. @param {TimeRanges} ranges */
  showBuffered(ranges) {
    const all = Array.from({ length: ranges.length }, (_, number) => [ranges.start(number) * 1000, ranges.end(number) * 1000]);
    const places = /** @type {[number, number][]} */ (all);
    keyed(this.#buffered, places, ([start]) => String(start), () => h("span"), (part, [start, end]) => {
      placeAt(part, start / this.#durationMs, (end - start) / this.#durationMs);
    });
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = event.shiftKey ? STEP_MS.fine : STEP_MS.usual;
    const by = { ArrowRight: step, ArrowUp: step, ArrowLeft: -step, ArrowDown: -step, PageUp: STEP_MS.page, PageDown: -STEP_MS.page }[event.key];
    const to = { Home: 0, End: this.#durationMs }[event.key] ?? (by === undefined ? undefined : this.#film.atMs + by);
    if (to === undefined) return;
    event.preventDefault();
    this.#film.seek(to);
  }

  /** @param {PointerEvent} event */
  #grab(event) {
    if (event.button !== 0) return;
    event.preventDefault();
    this.#track.focus({ preventScroll: true });
    this.#track.setPointerCapture(event.pointerId);
    const fromMs = this.#msAt(event);
    this.#drag = { selects: event.shiftKey, fromMs, plays: !this.#film.paused };
    if (this.#drag.plays) this.#film.pause();
    if (!event.shiftKey) this.#go(fromMs);
  }

  /** @param {PointerEvent} event */
  #point(event) {
    const atMs = this.#msAt(event);
    this.#preview.at(atMs, atMs / this.#durationMs);
    if (this.#drag === null) return;
    const { selects, fromMs } = this.#drag;
    if (!selects) return this.#go(atMs);
    const [start, end] = atMs < fromMs ? [atMs, fromMs] : [fromMs, atMs];
    this.#film.range = end - start < LEAST_PART_MS ? null : { start, end };
  }

  #release() {
    if (this.#drag === null) return;
    const { selects, plays } = this.#drag;
    this.#drag = null;
    this.#preview.hide();
    if (selects && this.#film.range) this.#film.seek(this.#film.range.start);
    if (plays) this.#film.play();
  }

  /** One place after the other: each asks the server for bytes. @param {number} atMs */
  #go(atMs) {
    this.#wanted = atMs;
    this.move(atMs);
    if (!this.#film.video.seeking) this.#goOn();
  }

  #goOn() {
    const atMs = this.#wanted;
    this.#wanted = null;
    if (atMs !== null && atMs !== this.#film.atMs) this.#film.seek(atMs);
  }

  /** @param {PointerEvent} event */
  #msAt({ clientX }) {
    const { left, width } = this.#track.getBoundingClientRect();
    return Math.round(Math.min(1, Math.max(0, (clientX - left) / width)) * this.#durationMs);
  }
}

customElements.define("player-line", PlayerLine);
