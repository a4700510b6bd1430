// The film of one lesson with its time line, and what was noted about it. Nothing plays by itself.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { FilmPair } from "./film_pair.js";
import { ViewElement } from "./view.js";

/**
 * @typedef {object} FilmData the answer of the recording's data address
 * @property {"recording" | "ready" | "failed" | "gone"} state `gone`: deleted, said by the page and not by the server
 * @property {string | null} film
 * @property {string | null} live where it can be watched while it is being recorded
 * @property {string | null} live_screen the screen, while one is shown
 * @property {string | null} screen_film the same time with what was shown beside the face
 * @property {{ use: "own" | "watch" | "consult", person: string, name: string, teacher: string }} you
 * @property {("notes" | "own" | "talk")[]} includes what a consultant may read beside the film
 * @property {number} duration_ms
 * @property {{ key: string, title: string, at_ms: number, end_ms: number }[]} phases
 * @property {number} started_ms
 * @property {{ moment: string, label: string, at_ms: number, name: string, line: string }[]} moments
 * @property {{ author: string, fields: { label: string, text: string }[] }[]} notes
 * @property {{ start_ms: number, end_ms: number, reason: "lost" | "held" | "full", what: "all" | "picture" | "voice" }[]} holes
 * @property {boolean} silent there is no sound until the voices are put together anew
 * @property {{ picture: TakenOut, screen: TakenOut, voices: number }} taken_out
 * @property {Products} products what is made from it, at which address; null where there is none
 */
/** @typedef {{ state: "none" | "queued" | "running" | "done" | "failed", progress: number, size_bytes: number, url: string | null, error: string }} FilmFile */
/** @typedef {{ film: FilmFile, poster: string | null, sprite: string | null, stills: string | null, waveform: string | null }} Products */
/** @typedef {"never" | "in" | "leaving" | "out"} TakenOut */
/** @typedef {{ data: FilmData | null, reachable: boolean, live?: Live }} State `live`: what players can show of a lesson that is being recorded */
/** @typedef {{ face: string | null, screen: string | null }} Live addresses */

const BEFORE_MOMENT_MS = 3_000;
/** @type {Live} */
const NOT_LIVE = { face: null, screen: null };

/**
 * Emits `film-lost` when the film can no longer be read at its address.
 * @extends {ViewElement<State>}
 */
export class RecordingFilm extends ViewElement {
  #wait = h("p", { class: "film-wait", id: "film-state", role: "status" });
  #pair = new FilmPair();
  #playhead = h("span", { class: "tick-playhead", "aria-hidden": "true" });
  #ticks = h("div", { class: "ticks" });
  #line = h("div", { class: "film-line", hidden: true, "aria-hidden": "true" }, this.#ticks, this.#playhead);
  #holes = h("ul", { class: "hole-list quiet", id: "film-holes" });
  #durationMs = 0;
  #broken = false;

  build() {
    this.replaceChildren(h("div", { class: "film-frame" }, ...this.#pair.nodes, this.#wait), this.#line, this.#holes);
    this.addEventListener("error", () => this.#lose(), true);
    for (const type of ["timeupdate", "seeking"]) this.addEventListener(type, () => this.#showPlayhead(), true);
    this.#line.addEventListener("click", (event) => this.#clickLine(event));
  }

  /** @param {State} state */
  update({ data, reachable, live = NOT_LIVE }) {
    const ready = data?.state === "ready" ? data : null;
    const { face: film, screen } = ready === null ? live : { face: ready.film, screen: ready.screen_film };
    setText(this.#wait, waitWords(data, reachable));
    show(this.#wait, film === null || !reachable);
    if (data !== null && film === null) this.#pair.unload();
    else this.#pair.load(film, screen, this.#broken);
    this.#broken = false;
    this.#durationMs = data?.duration_ms ?? 0;
    show(this.#line, ready !== null && this.#durationMs > 0);
    this.#updateLine(data);
  }

  /** Plays on from shortly before this place. @param {number} atMs */
  jump(atMs) {
    this.#pair.seek(Math.max(0, atMs - BEFORE_MOMENT_MS) / 1000);
    this.#showPlayhead();
  }

  /** Where the film is now. */
  get atMs() {
    return Math.round(this.#pair.lead.currentTime * 1000);
  }

  /** @param {number} atMs */
  seek(atMs) {
    this.#pair.seek(atMs / 1000);
    this.#showPlayhead();
  }

  get video() {
    return this.#pair.lead;
  }

  pause() {
    this.#pair.lead.pause();
  }

  /** @param {number} times as fast as it was */
  set rate(times) {
    this.#pair.rate = times;
  }

  /** @param {{ picture: boolean, face: boolean }} shown `picture` false: the sound alone; `face` false: all but the face */
  set shown({ picture, face }) {
    setAttribute(this, "data-sound-only", !picture);
    setAttribute(this, "data-face-hidden", picture && !face);
  }

  #lose() {
    this.#broken = true;
    emit(this, "film-lost");
  }

  /** @param {FilmData | null} data */
  #updateLine(data) {
    const holes = data?.holes ?? [];
    keyed(this.#holes, holes, holeKey, () => h("li"), (item, { start_ms, end_ms, reason, what }) => {
      const why = what === "all" ? words.film.hole[reason] : words.film.missing[what];
      setText(item, `${words.position(start_ms)}–${words.position(end_ms)} · ${why}`);
    });
    show(this.#holes, holes.length > 0);
    const ticks = [
      ...holes.map((hole) => ({ key: holeKey(hole), kind: "hole", start: hole.start_ms, end: hole.end_ms })),
      ...(data?.moments ?? []).map(({ moment, at_ms }) => ({ key: moment, kind: "moment", start: at_ms, end: at_ms })),
    ];
    keyed(this.#ticks, ticks, ({ key }) => key, ({ kind }) => h("span", { class: `tick tick-${kind}` }), (tick, { start, end }) => {
      tick.style.setProperty("--at", String(this.#share(start)));
      tick.style.setProperty("--length", String(this.#share(end - start)));
    });
  }

  #showPlayhead() {
    this.#playhead.style.setProperty("--at", String(this.#share(this.#pair.lead.currentTime * 1000)));
  }

  /** @param {MouseEvent} event */
  #clickLine(event) {
    const box = this.#line.getBoundingClientRect();
    this.#pair.seek((((event.clientX - box.left) / box.width) * this.#durationMs) / 1000);
  }

  /** @param {number} ms */
  #share(ms) {
    return this.#durationMs > 0 ? Math.min(1, Math.max(0, ms / this.#durationMs)) : 0;
  }
}

/**
 * Moments, each a way into the film, and what colleagues wrote; folded until they are asked for. Emits `jump` (at_ms).
 * @extends {ViewElement<FilmData>}
 */
export class RecordingNotes extends ViewElement {
  #moments = h("ol", { class: "jump-list" });
  #noMoments = h("p", { class: "quiet", text: words.film.noMoments });
  #notes = h("div", { class: "entry-cards" });
  #noNotes = h("p", { class: "quiet", text: words.film.noNotes });
  #summary = h("summary");

  build() {
    const moments = h("section", { class: "card" }, h("h2", { text: words.film.moments }), this.#moments, this.#noMoments);
    const notes = h("details", { class: "card", id: "colleagues-notes" }, this.#summary, this.#notes, this.#noNotes);
    this.append(moments, notes);
  }

  /** @param {FilmData} data */
  update({ moments, notes }) {
    show(this.#noMoments, moments.length === 0);
    keyed(this.#moments, moments, ({ moment }) => moment, ({ moment, at_ms }) => this.#momentItem(moment, at_ms), (item, moment) => {
      const button = item.firstElementChild;
      if (button?.lastElementChild) setText(button.lastElementChild, words.film.moment(moment.label, moment.name));
      if (item.lastElementChild) setText(item.lastElementChild, moment.line);
      setAttribute(item, "data-line", moment.line !== "");
    });
    setText(this.#summary, words.film.showNotes(notes.length));
    show(this.#noNotes, notes.length === 0);
    const numbered = notes.map((note, number) => ({ ...note, number }));
    keyed(this.#notes, numbered, ({ number }) => String(number), () => h("article", {}, h("h3"), h("dl")), (card, { author, fields }) => {
      if (card.firstElementChild) setText(card.firstElementChild, author);
      const list = card.lastElementChild;
      if (list) keyed(list, fields, ({ label }) => label, ({ label }) => h("div", {}, h("dt", { text: label }), h("dd")), updateField);
    });
  }

  /**
   * @param {string} moment
   * @param {number} atMs
   */
  #momentItem(moment, atMs) {
    const time = h("span", { class: "moment-time", text: words.position(atMs) });
    const button = h("button", { type: "button", "data-moment": moment, on: { click: () => emit(this, "jump", atMs) } }, time, h("span"));
    return h("li", {}, button, h("p", { class: "moment-line" }));
  }
}

/**
 * @param {HTMLElement} item
 * @param {{ text: string }} field
 */
function updateField(item, { text }) {
  if (item.lastElementChild) setText(item.lastElementChild, text);
}

/**
 * @param {FilmData | null} data
 * @param {boolean} reachable
 */
function waitWords(data, reachable) {
  if (!reachable) return words.film.unreachable;
  if (data?.state === "gone") return words.changes.news.gone;
  if (data?.state === "failed") return words.film.failed;
  return data?.state === "recording" ? words.film.recording : words.film.preparing;
}

/** @param {FilmData["holes"][number]} hole */
function holeKey({ start_ms, what }) {
  return `hole-${start_ms}-${what}`;
}

customElements.define("recording-film", RecordingFilm);
customElements.define("recording-notes", RecordingNotes);
