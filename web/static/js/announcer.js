// What is said aloud for those who do not look: each change of the session once, and the time that is left at the format's marks.

import * as words from "./words.js";

/** @import { View } from "./protocol.js" */

const LATE_S = 2;

export class Announcer {
  text = "";
  #key = "";
  #phase = -1;
  /** @type {Set<number>} */
  #warned = new Set();

  /**
   * @param {View} view
   * @param {string} sentence where the session is now
   */
  changed(view, sentence) {
    const key = [view.phase.decision, view.phase.status, view.floor.turn, view.recording.on, view.lane?.key, view.lane?.over].join();
    if (this.#phase !== view.phase.decision) this.#warned.clear();
    this.#phase = view.phase.decision;
    if (key === this.#key) return;
    this.#key = key;
    this.text = sentence;
  }

  /**
   * @param {View} view
   * @param {number} now
   * @returns {boolean} whether there is something new to say
   */
  tick(view, now) {
    const { ends_ms, warn_s, status } = view.phase;
    if (ends_ms === null || status !== "running") return false;
    const left_s = (ends_ms - now) / 1000;
    const due = warn_s.find((seconds) => left_s <= seconds && left_s > seconds - LATE_S && !this.#warned.has(seconds));
    if (due === undefined) return false;
    this.#warned.add(due);
    this.text = words.timeLeft(due * 1000);
    return true;
  }
}
