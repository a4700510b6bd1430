// Places from which to watch when there is no time for the whole film, each with its picture. Pictures are taken one after the other.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @typedef {{ film: string | null, duration_ms: number }} State */
/** @typedef {{ at_ms: number, label: string }} Point `label` "": the time says it */

const LAST_MS = 120_000;
const PICTURE = { width: 160, height: 90 };
const PICTURE_AFTER_MS = 1_000;
const { ownTime } = words.together;

/** @extends {ViewElement<State>} */
export class StartingPoints extends ViewElement {
  #chosen;
  /** @type {Pictures | null} */
  #pictures = null;
  #list = h("ol", { class: "point-list" });

  /** @param {(atMs: number) => void} chosen */
  constructor(chosen) {
    super();
    this.#chosen = chosen;
  }

  build() {
    setAttribute(this, "role", "group");
    setAttribute(this, "aria-label", ownTime.points);
    this.append(this.#list);
  }

  /** @param {State} state */
  update({ film, duration_ms }) {
    const points = film === null ? [] : pointsOf(duration_ms);
    show(this, points.length > 1);
    keyed(this.#list, points, ({ at_ms }) => String(at_ms), ({ at_ms }) => this.#point(at_ms), (item, { label, at_ms }) => {
      const [text, time] = item.querySelectorAll("span");
      if (text) setText(text, label);
      if (time) setText(time, words.position(at_ms));
      setAttribute(/** @type {Element} */ (item.firstElementChild), "aria-label", label === "" ? ownTime.from(at_ms) : null);
    });
    if (film === this.#pictures?.film) return;
    this.#pictures?.stop();
    this.#pictures = film === null ? null : new Pictures(film, [...this.#list.querySelectorAll("canvas")]);
  }

  /** @param {number} atMs */
  #point(atMs) {
    const picture = h("canvas", { ...PICTURE, "data-at": atMs, "aria-hidden": "true" });
    const button = h("button", { type: "button", on: { click: () => this.#chosen(atMs) } }, picture, h("span"), h("span", { class: "moment-time" }));
    return h("li", {}, button);
  }
}

/** The opening, the quarters, and the last two minutes of what is longer than those. @param {number} durationMs @returns {Point[]} */
export function pointsOf(durationMs) {
  const quarters = [1, 2, 3].map((part) => Math.floor((durationMs * part) / 4_000) * 1000);
  const last = durationMs - LAST_MS;
  const between = quarters.filter((ms) => ms > 0 && (last <= 0 || ms < last)).map((ms) => ({ at_ms: ms, label: "" }));
  const end = last > 0 ? [{ at_ms: Math.floor(last / 1000) * 1000, label: ownTime.lastMinutes }] : [];
  return [{ at_ms: 0, label: ownTime.opening }, ...between, ...end];
}

/** A second player that nobody sees or hears goes from place to place. */
class Pictures {
  #video = h("video", { preload: "auto", playsinline: true });
  #waiting;

  /**
   * @param {string} film
   * @param {HTMLCanvasElement[]} canvases
   */
  constructor(film, canvases) {
    this.film = film;
    this.#waiting = [...canvases];
    this.#video.muted = true;
    this.#video.addEventListener("loadedmetadata", () => this.#next(), { once: true });
    this.#video.addEventListener("seeked", () => this.#draw());
    this.#video.src = film;
  }

  stop() {
    this.#waiting = [];
    this.#video.removeAttribute("src");
    this.#video.load();
  }

  #next() {
    const canvas = this.#waiting[0];
    if (canvas === undefined) return this.stop();
    this.#video.currentTime = Number(canvas.dataset["at"]) / 1000 + PICTURE_AFTER_MS / 1000;
  }

  #draw() {
    const canvas = this.#waiting.shift();
    if (canvas === undefined) return;
    canvas.getContext("2d")?.drawImage(this.#video, 0, 0, canvas.width, canvas.height);
    setAttribute(canvas, "data-drawn", true);
    this.#next();
  }
}

customElements.define("starting-points", StartingPoints);
