// What stands under a film: play, places to go, speed, sound, full screen. In the teacher's own time only the first few of them.

import { h, icon, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { RecordingFilm } from "./film.js" */
/** @typedef {{ whole: boolean, live: boolean, durationMs: number, chapters: boolean, ticks: boolean }} State `whole`: on the page of the recording */

export const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];
export const SKIP_MS = 10_000;
const DRAWN = {
  play: ["M8 5v14l11-7Z"],
  pause: ["M9 5v14M15 5v14"],
  previous: ["M17 6v12l-8-6ZM7 6v12"],
  next: ["M7 6v12l8-6ZM17 6v12"],
  loop: ["m17 3 3 3-3 3M4 11V9a3 3 0 0 1 3-3h13M7 21l-3-3 3-3M20 13v2a3 3 0 0 1-3 3H4"],
  sound: ["M4 9.5v5h3.5l4.5 4v-13l-4.5 4ZM15.5 9a4 4 0 0 1 0 6M18 6.5a8 8 0 0 1 0 11"],
  silent: ["M4 9.5v5h3.5l4.5 4v-13l-4.5 4ZM16 9.5l5 5M21 9.5l-5 5"],
  whole: ["M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5"],
  small: ["M9 4v5H4M20 9h-5V4M15 20v-5h5M4 15h5v5"],
};
const { control } = words.player;

/** Emits `more` when somebody wants the further controls, or not any more. @extends {ViewElement<State>} */
export class PlayerControls extends ViewElement {
  #film;
  #play = this.#button("player-play", control.play, () => this.#film.toggle(), DRAWN.play);
  #back = this.#button("player-back", control.back, () => this.#film.seek(this.#film.atMs - SKIP_MS));
  #forward = this.#button("player-forward", control.forward, () => this.#film.seek(this.#film.atMs + SKIP_MS));
  #at = h("span");
  #tenth = h("span", { class: "player-tenth" });
  #whole = h("span");
  #time = h("span", { class: "player-time", id: "player-time" }, this.#at, this.#tenth, this.#whole);
  #previous = this.#button("player-previous-note", control.previousNote, () => this.#film.jumpOn(-1), DRAWN.previous);
  #next = this.#button("player-next-note", control.nextNote, () => this.#film.jumpOn(1), DRAWN.next);
  #loop = this.#button("player-loop", control.loop, () => (this.#film.loops = !this.#film.loops), DRAWN.loop);
  #speed = h("select", { id: "player-speed", "aria-label": control.speed, title: control.speed, on: { change: () => (this.#film.rate = Number(this.#speed.value)) } }, ...SPEEDS.map(speedOption));
  #mute = this.#button("player-mute", control.mute, () => (this.#film.muted = !this.#film.muted), DRAWN.sound);
  #volume = h("input", { type: "range", id: "player-volume", min: 0, max: 1, step: 0.05, "aria-label": control.volume, title: control.volume, on: { input: () => (this.#film.volume = Number(this.#volume.value)) } });
  #more = h("button", { type: "button", id: "player-more", "aria-expanded": "false", "aria-controls": "player-menu", text: control.more, on: { click: () => this.#unfold() } });
  #full = this.#button("player-full", control.fullScreen, () => this.#film.toggleFullScreen(), DRAWN.whole);
  #wide = h("div", { class: "controls-wide" }, this.#previous, this.#next, this.#loop, this.#speed, h("span", { class: "player-sound" }, this.#mute, this.#volume));

  /** @param {RecordingFilm} film */
  constructor(film) {
    super();
    this.#film = film;
  }

  build() {
    setAttribute(this, "role", "group");
    setAttribute(this, "aria-label", control.region);
    setText(this.#back, "−10");
    setText(this.#forward, "+10");
    this.append(this.#play, this.#back, this.#forward, this.#time, this.#wide, this.#more, this.#full);
    document.addEventListener("fullscreenchange", () => this.#showFull());
  }

  /** @param {State} state */
  update({ whole, live, durationMs, chapters, ticks }) {
    for (const button of [this.#previous, this.#next]) show(button, whole && (ticks || chapters));
    for (const each of [this.#loop, this.#speed]) show(each, whole && !live);
    show(this.#more, whole);
    this.move(this.#film.atMs, durationMs);
    this.hear();
  }

  /** How it plays: the film, or somebody by other means, has changed it. */
  hear() {
    const { paused, muted, volume, loops, rate } = this.#film;
    draw(this.#play, paused ? DRAWN.play : DRAWN.pause, paused ? control.play : control.pause);
    draw(this.#mute, muted || volume === 0 ? DRAWN.silent : DRAWN.sound, muted ? control.sound : control.mute);
    const shown = muted ? 0 : volume;
    if (Number(this.#volume.value) !== shown) this.#volume.value = String(shown);
    setAttribute(this.#loop, "aria-pressed", String(loops));
    if (SPEEDS.includes(rate)) this.#speed.value = String(rate);
  }

  /**
   * @param {number} atMs
   * @param {number} durationMs 0: nobody knows yet
   */
  move(atMs, durationMs) {
    setText(this.#at, words.position(atMs));
    setText(this.#tenth, `.${Math.floor((Math.max(0, atMs) % 1000) / 100)}`);
    setText(this.#whole, durationMs > 0 ? ` / ${words.position(durationMs)}` : "");
  }

  /** @param {boolean} open */
  set unfolded(open) {
    setAttribute(this.#more, "aria-expanded", String(open));
    setAttribute(this, "data-open", open);
  }

  get unfolded() {
    return this.#more.getAttribute("aria-expanded") === "true";
  }

  focusMore() {
    this.#more.focus();
  }

  #unfold() {
    this.unfolded = !this.unfolded;
    this.dispatchEvent(new CustomEvent("more"));
  }

  #showFull() {
    const full = this.#film.isFullScreen;
    draw(this.#full, full ? DRAWN.small : DRAWN.whole, full ? control.fullScreenEnd : control.fullScreen);
  }

  /**
   * @param {string} id
   * @param {string} label
   * @param {() => void} click
   * @param {string[]} [paths]
   */
  #button(id, label, click, paths) {
    const button = h("button", { type: "button", id, on: { click } });
    draw(button, paths ?? [], label);
    return button;
  }
}

/**
 * @param {HTMLElement} button
 * @param {string[]} paths
 * @param {string} label
 */
function draw(button, paths, label) {
  if (button.getAttribute("aria-label") === label) return;
  if (paths.length) button.replaceChildren(icon(...paths));
  setAttribute(button, "aria-label", label);
  setAttribute(button, "title", label);
}

/** @param {number} times */
function speedOption(times) {
  return h("option", { value: times, text: control.times(words.decimal(times)), selected: times === 1 });
}

customElements.define("player-controls", PlayerControls);
