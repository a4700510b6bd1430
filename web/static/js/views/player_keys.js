// The keys of the player, for the whole page: never while somebody writes or holds a modifier, never what a control does with a key itself.

import { playerSettings } from "../player_settings.js";
import { SKIP_MS } from "./player_controls.js";

/** @import { RecordingFilm } from "./film.js" */

const STEP_MS = { usual: 5_000, fine: 1_000 };
const FIELDS = "input:not([type=checkbox], [type=radio], [type=button], [type=range]), textarea, select, [contenteditable]";
/** What these do with Space, Enter and arrows is theirs. */
const CONTROLS = "button, a[href], summary, input, select, [role=slider], [role=tab], [role=toolbar], [role=menu], [role=radiogroup]";
const OF_CONTROLS = new Set([" ", "ArrowLeft", "ArrowRight", "Home", "End"]);
/** Keyboards that have no bracket without another key. */
const BRACKETS = new Set(["[", "]"]);
/** What goes on while the key is held down. */
const REPEATED = new Set(["ArrowLeft", "ArrowRight", "j", "l", ",", "."]);

/** @typedef {{ film: RecordingFilm, newNote: () => void, help: () => void, escape: () => boolean }} Player `escape`: whether it had something to end */

export class PlayerKeys {
  #player;
  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  #named;
  /** @type {Record<string, (event: KeyboardEvent) => void>} */
  #letters;

  /** @param {Player} player */
  constructor(player) {
    const { film } = player;
    this.#player = player;
    this.#named = {
      " ": () => film.toggle(),
      ArrowLeft: ({ shiftKey }) => film.seek(film.atMs - (shiftKey ? STEP_MS.fine : STEP_MS.usual)),
      ArrowRight: ({ shiftKey }) => film.seek(film.atMs + (shiftKey ? STEP_MS.fine : STEP_MS.usual)),
      Home: () => film.seek(0),
      End: () => film.seek(film.durationMs),
    };
    this.#letters = {
      k: () => film.toggle(),
      j: () => film.seek(film.atMs - SKIP_MS),
      l: () => film.seek(film.atMs + SKIP_MS),
      ",": () => film.step(-1),
      ".": () => film.step(1),
      "<": () => film.faster(-1),
      ">": () => film.faster(1),
      m: () => (film.muted = !film.muted),
      f: () => film.toggleFullScreen(),
      "[": () => film.beginPart(),
      i: () => film.beginPart(),
      "]": () => film.endPart(),
      o: () => film.endPart(),
      r: () => (film.loops = !film.loops),
      p: () => film.jumpOn(-1),
      n: ({ shiftKey }) => (shiftKey ? film.jumpOn(1) : player.newNote()),
      "?": () => player.help(),
    };
    document.addEventListener("keydown", (event) => this.#press(event));
  }

  /** @param {KeyboardEvent} event */
  #press(event) {
    const { key, target } = event;
    if (event.defaultPrevented || event.isComposing || !(target instanceof Element)) return;
    if (target.closest(`${FIELDS}, dialog`) || !this.#player.film.isPlayable) return;
    if (key === "Escape") return void (this.#player.escape() && event.preventDefault());
    if ((event.ctrlKey || event.metaKey || event.altKey) && !BRACKETS.has(key)) return;
    if (event.repeat && !REPEATED.has(key.toLowerCase()) && !REPEATED.has(key)) return;
    const act = this.#named[key] ?? (playerSettings().letters ? this.#letters[key.toLowerCase()] : undefined);
    if (act === undefined || (OF_CONTROLS.has(key) && target.closest(CONTROLS))) return;
    if ((key === "Home" || key === "End") && !this.#player.film.contains(target)) return;
    event.preventDefault();
    act(event);
  }
}
