// The film of one lesson: one player for its pictures, with what leads to places in it. Nothing plays by itself.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import { hashOf, placeIn } from "../film_place.js";
import { playerSettings } from "../player_settings.js";
import * as words from "../words.js";
import { FilmPair } from "./film_pair.js";
import { goneWords } from "./gone.js";
import { PlayerControls, SPEEDS } from "./player_controls.js";
import { PlayerHelp } from "./player_help.js";
import { PlayerKeys } from "./player_keys.js";
import { PlayerLine } from "./player_line.js";
import { PlayerMenu } from "./player_menu.js";
import { PlayerStills } from "./player_stills.js";
import { tickWords } from "./player_ticks.js";
import { ViewElement } from "./view.js";

/** @import { Place, Range } from "../film_place.js" */
/** @import { Studio, Tick } from "../studio.js" */
/**
 * @typedef {object} FilmData the answer of the recording's data address
 * @property {"recording" | "ready" | "failed" | "gone"} state `gone`: deleted, said by the page and not by the server
 * @property {string | null} film
 * @property {string | null} live where it can be watched while it is being recorded
 * @property {string | null} live_screen the screen, while one is shown
 * @property {string | null} screen_film the same time with what was shown beside the face
 * @property {{ use: "own" | "watch" | "consult", person: string, name: string, teacher: string, teacher_name: string }} you
 * @property {"deleted" | "ended" | "expired"} [why] nothing of it may be seen any more, where that is known
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
const FRAME_MS = 1000 / 30;
const TICK_MS = 100;
/** So much after a place one means the one before it. */
const PAST_MS = 1_000;
const SAID_MS = 4_000;
/** @type {Live} */
const NOT_LIVE = { face: null, screen: null };
const { part, said } = words.player;

/**
 * Connected to a studio it has everything and the page's keys; else (in the teacher's own time) a few controls. Emits `film-lost` when the
 * film can no longer be read at its address, and `range` when another part is chosen.
 * @extends {ViewElement<State>}
 */
export class RecordingFilm extends ViewElement {
  #wait = h("p", { class: "film-wait", id: "film-state", role: "status" });
  #said = h("p", { class: "film-said", id: "player-said", role: "status" });
  #pair = new FilmPair();
  #frame = h("div", { class: "film-frame" }, ...this.#pair.nodes, this.#wait, this.#said);
  #controls = new PlayerControls(this);
  #menu = new PlayerMenu(this);
  #line = new PlayerLine(this);
  #partWords = h("span", { id: "player-part" });
  #part = h("div", { class: "player-part", hidden: true }, this.#partWords,
    h("button", { type: "button", class: "link", id: "part-copy", text: part.copyLink, on: { click: () => void this.copyLink() } }),
    h("button", { type: "button", class: "link", id: "part-clear", text: part.clear, on: { click: () => (this.range = null) } }));
  #top = h("div", { class: "player" }, this.#frame, this.#controls, this.#menu, this.#line, this.#part);
  #stills = new PlayerStills((atMs) => this.seek(atMs));
  #help = new PlayerHelp();
  #holes = h("ul", { class: "hole-list quiet", id: "film-holes" });
  /** @type {Studio | null} */
  #studio = null;
  /** @type {FilmData | null} */
  #data = null;
  /** @type {Range | null} */
  #range = null;
  #loops = false;
  #rate = 1;
  /** The tick that one went to last. @type {Tick | null} */
  #here = null;
  #placed = false;
  #resumes = false;
  #broken = false;
  #timer = 0;
  #saidTimer = 0;

  /** Before it is drawn for the first time. @param {Studio} studio */
  connect(studio) {
    this.#studio = studio;
    setAttribute(this, "data-whole", true);
    studio.addEventListener("ticks", () => this.#drawLine());
    studio.addEventListener("typing", (event) => event instanceof CustomEvent && this.#write(event.detail));
    addEventListener("hashchange", () => this.#goTo(placeIn(location.hash)));
    new PlayerKeys({ film: this, newNote: () => studio.dispatchEvent(new CustomEvent("new-note")), help: () => this.#help.open(), escape: () => this.#escape() });
  }

  build() {
    this.replaceChildren(this.#top, this.#stills.node, this.#holes, this.#help.node);
    this.addEventListener("error", ({ target }) => target instanceof HTMLVideoElement && this.#lose(), true);
    for (const type of ["play", "pause", "volumechange", "ratechange", "timeupdate", "seeking", "seeked", "progress", "loadedmetadata", "ended", "waiting", "playing"]) {
      this.addEventListener(type, (event) => (event.target === this.video || type === "seeked") && this.#hear(type), true);
    }
    for (const video of this.#pair.videos) {
      video.addEventListener("click", () => video === this.video && this.isPlayable && this.toggle());
      video.addEventListener("dblclick", () => video === this.video && this.toggleFullScreen());
    }
    this.#controls.addEventListener("more", () => show(this.#menu, this.#controls.unfolded));
    this.#menu.addEventListener("keys", () => this.#help.open());
    show(this.#menu, false);
  }

  /** @param {State} state */
  update({ data, reachable, live = NOT_LIVE }) {
    const ready = data?.state === "ready" ? data : null;
    const { face: film, screen } = ready === null ? live : { face: ready.film, screen: ready.screen_film };
    this.#data = data;
    setText(this.#wait, waitWords(data, reachable));
    show(this.#wait, film === null || !reachable);
    if (data !== null && film === null) this.#pair.unload();
    else this.#pair.load(film, screen, this.#broken);
    this.#pair.poster = ready !== null && screen === null ? ready.products.poster : null;
    this.#broken = false;
    this.#placed ||= film !== null && ready === null;
    this.#drawHoles(data?.holes ?? []);
    this.#drawControls(film !== null);
    this.#drawLine();
    this.#stills.show(this.#studio && ready?.film ? ready.products.stills : null);
    if (!this.#placed && ready?.film && this.#studio) this.#goTo(placeIn(location.hash));
  }

  /** Where the film is now. */
  get atMs() {
    return Math.round(this.video.currentTime * 1000);
  }

  /** 0: not known, as while the lesson is being recorded. */
  get durationMs() {
    return this.#data?.state === "ready" ? this.#data.duration_ms : 0;
  }

  /** The one that leads. */
  get video() {
    return this.#pair.lead;
  }

  get isPlayable() {
    return !this.#controls.hidden && this.#controls.isConnected;
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
    this.#resumes = false;
    if (this.paused) this.play();
    else this.pause();
  }

  /** @param {number} atMs */
  seek(atMs) {
    const { seekable } = this.video;
    const [first, last] = this.durationMs > 0 || seekable.length === 0 ? [0, this.durationMs || Infinity] : [seekable.start(0) * 1000, seekable.end(seekable.length - 1) * 1000];
    this.#pair.seek(Math.min(last, Math.max(first, atMs)) / 1000);
    this.#move();
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
    this.#pair.sound = { volume, muted: volume === 0 };
  }

  get muted() {
    return this.video.muted;
  }

  set muted(muted) {
    this.#pair.sound = { volume: this.volume, muted };
  }

  get rate() {
    return this.#rate;
  }

  /** @param {number} times as fast as it was */
  set rate(times) {
    this.#rate = times;
    this.#pair.rate = times;
    this.#controls.hear();
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
    show(this.#part, range !== null);
    if (range) setText(this.#partWords, part.chosen(range.start, range.end));
    this.#drawLine();
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
    this.#controls.hear();
    this.say(loops ? said.loopOn : said.loopOff);
  }

  /** @param {{ picture: boolean, face: boolean }} shown `picture` false: the sound alone; `face` false: all but the face */
  set shown({ picture, face }) {
    setAttribute(this, "data-sound-only", !picture);
    setAttribute(this, "data-face-hidden", picture && !face);
  }

  /** @param {Tick} tick */
  jumpTo(tick) {
    this.#here = tick;
    this.jump(tick.at_ms);
    this.say(tickWords(tick));
  }

  /** To the next or last note or moment. @param {1 | -1} by */
  jumpOn(by) {
    const ticks = this.#ticks;
    const here = ticks.findIndex((tick) => tick.kind === this.#here?.kind && tick.key === this.#here.key);
    const since = this.#here && this.atMs - this.#here.at_ms;
    const there = here >= 0 && since !== null && since >= -BEFORE_MOMENT_MS - TICK_MS && since <= PAST_MS;
    const after = there ? ticks[here + 1] : ticks.find(({ at_ms }) => at_ms > this.atMs);
    const before = there ? ticks[here - 1] : ticks.filter(({ at_ms }) => at_ms < this.atMs - PAST_MS).at(-1);
    const next = by > 0 ? after : before;
    if (next) this.jumpTo(next);
    else this.say(said.noNote);
  }

  /** To the next part of the lesson, or to the beginning of this one or the one before. @param {1 | -1} by */
  chapterOn(by) {
    const begins = this.#data?.phases.map(({ at_ms }) => at_ms) ?? [];
    const next = by > 0 ? begins.find((ms) => ms > this.atMs) : begins.filter((ms) => ms < this.atMs - PAST_MS).at(-1);
    if (next !== undefined || by < 0) this.seek(next ?? 0);
  }

  get isFullScreen() {
    return document.fullscreenElement === this.#top;
  }

  toggleFullScreen() {
    const video = /** @type {HTMLVideoElement & { webkitEnterFullscreen?: () => void }} */ (this.video);
    if (this.isFullScreen) void document.exitFullscreen();
    else if (this.#top.requestFullscreen) void this.#top.requestFullscreen().catch(() => null);
    else video.webkitEnterFullscreen?.();
  }

  async copyLink() {
    const link = `${location.origin}${location.pathname}${hashOf({ atMs: this.atMs, range: this.#range })}`;
    const copied = await navigator.clipboard?.writeText(link).then(() => true).catch(() => false);
    this.say(copied ? said.copied : words.copy.failed);
    if (copied) return;
    this.#controls.unfolded = true;
    show(this.#menu, true);
    this.#menu.showLink(link);
  }

  /** For a moment, over the picture. @param {string} text */
  say(text) {
    setText(this.#said, text);
    clearTimeout(this.#saidTimer);
    this.#saidTimer = setTimeout(() => setText(this.#said, ""), SAID_MS);
  }

  /** What parts of the page show, and what colleagues noted while it was taught unless a part shows that itself. */
  get #ticks() {
    const ticks = this.#studio?.ticks ?? [];
    if (ticks.some(({ kind }) => kind === "moment")) return ticks;
    const moments = this.#data?.moments ?? [];
    const own = moments.map(({ moment, label, at_ms, name }) => ({ key: moment, kind: "moment", at_ms, end_ms: null, label: words.film.moment(label, name) }));
    return [...ticks, ...own].sort((a, b) => a.at_ms - b.at_ms);
  }

  #lose() {
    this.#broken = true;
    emit(this, "film-lost");
  }

  /** @param {string} type */
  #hear(type) {
    if (type === "timeupdate" || type === "seeking") this.#move();
    else if (type === "seeked" || type === "pause") this.#line.say(this.atMs);
    else if (type === "ended" && this.#loops) [this.seek(this.#range?.start ?? 0), this.play()];
    if (type === "play" || type === "pause" || type === "ended") this.#tick();
    if (type === "progress" || type === "loadedmetadata" || type === "seeked") if (this.durationMs > 0) this.#line.showBuffered(this.video.buffered);
    setAttribute(this.#frame, "data-waiting", type === "waiting" || (this.#frame.hasAttribute("data-waiting") && type !== "playing" && type !== "pause" && type !== "seeked"));
    this.#controls.hear();
  }

  /** Videos say seldom where they are. */
  #tick() {
    clearInterval(this.#timer);
    if (this.paused) return;
    this.#timer = setInterval(() => {
      if (this.#loops && this.#range && this.atMs >= this.#range.end && !this.video.seeking) this.seek(this.#range.start);
      else this.#move();
    }, TICK_MS);
  }

  #move() {
    this.#controls.move(this.atMs, this.durationMs);
    this.#line.move(this.atMs);
    this.#stills.move(this.atMs);
  }

  /** @param {Place | null} place opened at rest */
  #goTo(place) {
    this.#placed = true;
    if (place === null) return;
    this.pause();
    this.range = place.range;
    this.seek(place.atMs);
  }

  /** @param {boolean} begins to write */
  #write(begins) {
    if (!begins && this.#resumes) this.play();
    const pauses = begins && !this.paused && playerSettings().pauses;
    this.#resumes = begins && (this.#resumes || pauses);
    if (pauses) this.pause();
  }

  /** What is open, or else the part that is chosen. */
  #escape() {
    if (this.#controls.unfolded) {
      this.#controls.unfolded = false;
      show(this.#menu, false);
      this.#controls.focusMore();
      return true;
    }
    if (this.#range === null || this.isFullScreen) return false;
    this.range = null;
    return true;
  }

  /** @param {boolean} playable */
  #drawControls(playable) {
    const whole = this.#studio !== null;
    const live = this.durationMs === 0;
    const chapters = (this.#data?.phases.length ?? 0) > 1;
    show(this.#controls, playable);
    this.#controls.render({ whole, live, chapters, ticks: !live, durationMs: this.durationMs });
    this.#menu.render({ own: this.#data?.you.use === "own", live, chapters });
    if (!playable) show(this.#menu, (this.#controls.unfolded = false));
  }

  #drawLine() {
    const data = this.#data;
    const shown = data !== null && data.state === "ready" && data.film !== null && data.duration_ms > 0;
    show(this.#line, shown);
    if (!shown) return;
    const measured = this.#studio !== null && (data.you.use === "own" || data.includes.includes("talk"));
    const few = { data: { ...data, phases: [], holes: data.holes }, ticks: [], talk: null };
    const whole = { data, ticks: this.#ticks, talk: measured && this.#studio ? `${this.#studio.path}/talk` : null };
    this.#line.render({ ...(this.#studio ? whole : few), range: this.#range });
  }

  /** @param {FilmData["holes"]} holes */
  #drawHoles(holes) {
    keyed(this.#holes, holes, ({ start_ms, what }) => `${start_ms} ${what}`, () => h("li"), (item, { start_ms, end_ms, reason, what }) => {
      const why = what === "all" ? words.film.hole[reason] : words.film.missing[what];
      setText(item, `${words.position(start_ms)}–${words.position(end_ms)} · ${why}`);
    });
    show(this.#holes, holes.length > 0);
  }
}

/**
 * @param {FilmData | null} data
 * @param {boolean} reachable
 */
function waitWords(data, reachable) {
  if (!reachable) return words.film.unreachable;
  if (data?.state === "gone") return goneWords(data);
  if (data?.state === "failed") return words.film.failed;
  return data?.state === "recording" ? words.film.recording : words.film.preparing;
}

customElements.define("recording-film", RecordingFilm);
