// 3-2-1 before something begins or is over, large in the middle of the page, and the bell at zero.

import { h, setAttribute, setText, show } from "../dom.js";
import { bellIsOn, ringBell } from "../sounds.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @typedef {{ view: View, now: number }} State */
/** @typedef {{ atMs: number, words: string }} Counted */

const COUNTED_MS = 3_000;
const LATE_MS = 1_500;

/** @extends {ViewElement<State>} */
export class CountIn extends ViewElement {
  /** When a time was up for which the bell has rung already, or which was over when the page was opened. */
  #rungMs = 0;
  /** @type {number | null} */
  #endsMs = null;
  #figure = h("p", { class: "count-figure", "aria-hidden": "true" });
  #words = h("p", { class: "count-words", role: "status" });

  build() {
    this.append(this.#figure, this.#words);
  }

  /** @param {State} state */
  update({ view, now }) {
    this.#ring(view, now);
    const counted = countedIn(view);
    const left = counted === null ? 0 : counted.atMs - now;
    const counting = counted !== null && left > 0 && left <= COUNTED_MS;
    show(this, counting);
    if (!counting) return setText(this.#words, "");
    const seconds = Math.ceil(left / 1000);
    setText(this.#figure, String(seconds));
    setAttribute(this.#figure, "data-count", seconds);
    setText(this.#words, counted.words);
  }

  /**
   * @param {View} view
   * @param {number} now
   */
  #ring(view, now) {
    const upMs = this.#endsMs;
    const { status, held, ends_ms } = view.phase;
    this.#endsMs = status === "running" && held === null ? (view.floor.turn_ends_ms ?? ends_ms) : status === "grace" ? upMs : null;
    if (upMs === null || now < upMs || now > upMs + LATE_MS || this.#rungMs === upMs) return;
    this.#rungMs = upMs;
    if (bellIsOn()) ringBell();
  }
}

/** @param {View} view @returns {Counted | null} */
function countedIn({ phase }) {
  const { countIn } = words.teaching;
  if (phase.starts_ms !== null && phase.status === "waiting") return { atMs: phase.starts_ms, words: countIn.begins };
  if (phase.held?.resumes_ms != null) return { atMs: phase.held.resumes_ms, words: countIn.goesOn };
  return phase.status === "grace" && phase.ends_ms !== null ? { atMs: phase.ends_ms, words: countIn.ends } : null;
}

customElements.define("count-in", CountIn);
