// What stands above and below the line and leads to a place: notes and moments, each kind with a shape of its own, and parts of the lesson.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { rove, settle } from "../roving.js";
import * as words from "../words.js";

/** @import { Tick } from "../studio.js" */
/** @import { FilmData } from "./film.js" */

const { line } = words.player;

/** Which words and which shape a tick has; a kind that is not known is a note. @param {string} kind @returns {keyof typeof line.kind} */
export function kindOf(kind) {
  return kind in line.kind ? /** @type {keyof typeof line.kind} */ (kind) : "note";
}

/** What is read aloud of it. @param {Tick} tick */
export function tickWords({ kind, label, at_ms, end_ms }) {
  return line.tick(line.kind[kindOf(kind)], label, at_ms, end_ms);
}

export class PlayerTicks {
  #chosen;
  node = h("div", { class: "line-ticks", role: "toolbar", "aria-label": line.ticks, hidden: true });

  /** @param {(tick: Tick) => void} chosen */
  constructor(chosen) {
    this.#chosen = chosen;
    rove(this.node);
  }

  /**
   * @param {Tick[]} ticks
   * @param {number} durationMs
   */
  show(ticks, durationMs) {
    show(this.node, ticks.length > 0);
    keyed(this.node, ticks, ({ kind, key }) => `${kind} ${key}`, () => h("button", { type: "button" }), (button, tick) => {
      setAttribute(button, "class", `line-tick tick-${kindOf(tick.kind)}`);
      setAttribute(button, "data-range", tick.end_ms !== null);
      setAttribute(button, "aria-label", tickWords(tick));
      setAttribute(button, "title", tickWords(tick));
      button.onclick = () => this.#chosen(tick);
      placeAt(button, tick.at_ms / durationMs, ((tick.end_ms ?? tick.at_ms) - tick.at_ms) / durationMs);
    });
    settle(this.node);
  }
}

export class PlayerChapters {
  #chosen;
  node = h("div", { class: "line-chapters", role: "toolbar", "aria-label": line.chapters, hidden: true });

  /** @param {(atMs: number) => void} chosen */
  constructor(chosen) {
    this.#chosen = chosen;
    rove(this.node);
  }

  /**
   * One alone says nothing.
   * @param {FilmData["phases"]} phases
   * @param {number} durationMs
   */
  show(phases, durationMs) {
    show(this.node, phases.length > 1);
    keyed(this.node, phases.length > 1 ? phases : [], ({ at_ms }) => String(at_ms), ({ at_ms }) => this.#button(at_ms), (button, phase) => {
      setText(button, phase.title);
      setAttribute(button, "aria-label", line.chapter(phase.title, phase.at_ms));
      setAttribute(button, "title", line.chapter(phase.title, phase.at_ms));
      placeAt(button, phase.at_ms / durationMs, (phase.end_ms - phase.at_ms) / durationMs);
    });
    settle(this.node);
  }

  /** @param {number} atMs */
  #button(atMs) {
    return h("button", { type: "button", class: "line-chapter", on: { click: () => this.#chosen(atMs) } });
  }
}

/**
 * @param {HTMLElement} element
 * @param {number} at shares of the whole
 * @param {number} length
 */
export function placeAt(element, at, length) {
  element.style.setProperty("--at", String(Math.min(1, Math.max(0, at))));
  element.style.setProperty("--length", String(Math.min(1, Math.max(0, length))));
}
