// The film of one lesson: one player for its pictures, with what leads to places in it. Nothing plays by itself.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import { hashOf, placeIn } from "../film_place.js";
import { playerSettings } from "../player_settings.js";
import * as words from "../words.js";
import { BEFORE_MOMENT_MS, FilmPlayback } from "./film_playback.js";
import { goneWords } from "./gone.js";
import { PlayerControls } from "./player_controls.js";
import { PlayerHelp } from "./player_help.js";
import { PlayerKeys } from "./player_keys.js";
import { PlayerLine } from "./player_line.js";
import { PlayerMenu } from "./player_menu.js";
import { PlayerStills } from "./player_stills.js";
import { tickWords } from "./player_ticks.js";

/** @import { Place } from "../film_place.js" */
/** @import { Studio, Tick } from "../studio.js" */
/** @typedef {import("../film_data.js").FilmData} FilmData */
/** @typedef {import("../film_data.js").State} State */
/** @typedef {import("../film_data.js").Live} Live */

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
 */
export class RecordingFilm extends FilmPlayback {
  #wait = h("p", { class: "film-wait", id: "film-state", role: "status" });
  #said = h("p", { class: "film-said", id: "player-said", role: "status" });
  #frame = h("div", { class: "film-frame" }, ...this.pair.nodes, this.#wait, this.#said);
  #controls = new PlayerControls(this);
  #menu = new PlayerMenu(this);
  #line = new PlayerLine(this);
  #partWords = h("span", { id: "player-part" });
  #part = h("div", { class: "player-part", hidden: true }, this.#partWords,
    h("button", { type: "button", class: "link", id: "part-copy", text: part.copyLink, on: { click: () => void this.copyLink() } }),
    h("button", { type: "button", class: "link", id: "part-clear", text: part.clear, on: { click: () => (this.range = null) } }));
  #top = h("div", { class: "player" }, this.#frame, this.#controls, this.#line);
  #stills = new PlayerStills((atMs) => this.seek(atMs));
  #help = new PlayerHelp();
  #holes = h("ul", { class: "hole-list quiet", id: "film-holes" });
  /** @type {Studio | null} */
  #studio = null;
  /** @type {FilmData | null} */
  #data = null;
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
    this.replaceChildren(this.#top, this.#holes);
    if (this.#studio) this.#buildWhole();
    this.addEventListener("error", ({ target }) => target instanceof HTMLVideoElement && this.#lose(), true);
    for (const type of ["play", "pause", "volumechange", "ratechange", "timeupdate", "seeking", "seeked", "progress", "loadedmetadata", "ended", "waiting", "playing"]) {
      this.addEventListener(type, (event) => (event.target === this.video || type === "seeked") && this.#hear(type), true);
    }
    for (const video of this.pair.videos) {
      video.addEventListener("click", () => video === this.video && this.isPlayable && this.toggle());
      video.addEventListener("dblclick", () => video === this.video && this.toggleFullScreen());
    }
  }

  #buildWhole() {
    this.#controls.after(this.#menu);
    this.#top.append(this.#part);
    this.#top.after(this.#stills.node);
    this.append(this.#help.node);
    this.#controls.addEventListener("more", () => show(this.#menu, this.#controls.unfolded));
    this.#menu.addEventListener("keys", () => this.#help.open());
    show(this.#menu, false);
  }

  /** @param {State} state */
  update({ data, reachable, live = NOT_LIVE }) {
    const ready = data?.state === "ready" ? data : null;
    const { face: film, screen } = ready === null ? live : { face: ready.film, screen: ready.screen_film };
    this.#data = data;
    this.durationMs = ready?.duration_ms ?? 0;
    setText(this.#wait, waitWords(data, reachable));
    show(this.#wait, film === null || !reachable);
    if (data !== null && film === null) this.pair.unload();
    else this.pair.load(film, screen, this.#broken);
    this.pair.poster = ready !== null && screen === null ? ready.products.poster : null;
    this.#broken = false;
    this.#placed ||= film !== null && ready === null;
    this.#drawHoles(data?.holes ?? []);
    this.#drawControls(film !== null);
    this.#drawLine();
    this.#stills.show(this.#studio && ready?.film ? ready.products.stills : null);
    if (!this.#placed && ready?.film && this.#studio) this.#goTo(placeIn(location.hash));
  }

  get isPlayable() {
    return !this.#controls.hidden && this.#controls.isConnected;
  }

  /** Whoever plays it while they write has decided. */
  toggle() {
    this.#resumes = false;
    super.toggle();
  }

  changed() {
    this.#controls.hear();
  }

  chosen() {
    show(this.#part, this.range !== null);
    if (this.range) setText(this.#partWords, part.chosen(this.range.start, this.range.end));
    this.#drawLine();
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
    const link = `${location.origin}${location.pathname}${hashOf({ atMs: this.atMs, range: this.range })}`;
    const copied = await navigator.clipboard?.writeText(link).then(() => true).catch(() => false);
    this.say(copied ? said.copied : words.copy.failed);
    if (copied) return;
    this.#controls.unfolded = true;
    show(this.#menu, true);
    this.#menu.showLink(link);
  }

  /** Over the picture. @param {string} text */
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
    if (type === "timeupdate" || type === "seeking") this.moved();
    else if (type === "seeked" || type === "pause") this.#line.say(this.atMs);
    else if (type === "ended" && this.loops) [this.seek(this.range?.start ?? 0), this.play()];
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
      if (this.loops && this.range && this.atMs >= this.range.end && !this.video.seeking) this.seek(this.range.start);
      else this.moved();
    }, TICK_MS);
  }

  moved() {
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
    if (this.range === null || this.isFullScreen) return false;
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
    this.#line.render({ ...(this.#studio ? whole : few), range: this.range });
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
