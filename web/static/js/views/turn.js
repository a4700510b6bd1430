// The round of turns: who speaks when, what somebody without a microphone writes, and one's own notes in large type.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { countdownOf, isTeacher, nameOf, rowOf, situationOf } from "../reading.js";
import { ownShareMs } from "../reading_lanes.js";
import * as words from "../words.js";
import { EntryCard } from "./entry_card.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @typedef {{ view: View, now: number }} State */

const SOON_MS = 20_000;
const ROWS = new Set(["turn", "queue", "permission"]);
const { turns } = words.writing;

/** @extends {ViewElement<State>} */
export class TurnNotes extends ViewElement {
  /** How much time there was when this turn was first seen. @type {{ turn: string | null, decision: number, length_ms: number }} */
  #seen = { turn: null, decision: -1, length_ms: 0 };
  #row = h("ol", { class: "turn-row", "aria-label": turns.row });
  #typedTitle = h("h2");
  #typed = h("blockquote", { class: "typed-turn", id: "typed-turn", "aria-live": "polite" });
  #bar = h("div", { class: "turn-bar", "aria-hidden": "true" });
  #share = h("p", { class: "own-share", id: "own-share" });
  #notesTitle = h("h2", { text: turns.notes });
  #notes = new EntryCard();
  #nothing = h("p", { class: "quiet", text: turns.nothing });

  build() {
    this.#notes.setAttribute("data-size", "large");
    this.append(this.#row, this.#bar, this.#share, this.#typedTitle, this.#typed, this.#notesTitle, this.#notes, this.#nothing);
  }

  /** @param {State} state */
  update({ view, now }) {
    const left_ms = countdownOf(view, now)?.left_ms ?? 0;
    this.#updateRow(view, left_ms);
    this.#updateTyped(view);
    this.#updateNotes(view);
    this.#updateBar(view, left_ms);
    const share_ms = ownShareMs(view, now);
    show(this.#share, share_ms !== null);
    setText(this.#share, share_ms === null ? "" : words.together.floors.ownLeft(share_ms));
  }

  /**
   * @param {View} view
   * @param {number} left_ms
   */
  #updateRow(view, left_ms) {
    show(this.#row, rowOf(view).length > 0);
    keyed(this.#row, rowOf(view), ({ seat }) => seat, () => h("li", {}, h("span"), h("span", { class: "visually-hidden" })), (item, { seat, state }) => {
      const name = nameOf(view, seat);
      const [label, said] = item.children;
      if (label) setText(label, seat === view.you.seat ? words.faces.you(name) : name);
      if (said) setText(said, state === "speaking" ? turns.speaking : state === "next" ? turns.next : state === "heard" ? turns.done : "");
      setAttribute(item, "data-state", state);
      setAttribute(item, "data-soon", state === "next" && left_ms <= SOON_MS);
      setAttribute(item, "aria-current", state === "speaking" ? "step" : null);
    });
  }

  /** @param {View} view */
  #updateTyped(view) {
    const entry = view.turn_entry?.author === view.you.seat ? null : view.turn_entry; // The author has it in front of them.
    show(this.#typedTitle, entry !== null);
    show(this.#typed, entry !== null);
    if (!entry) return;
    setText(this.#typedTitle, turns.typed(nameOf(view, entry.author)));
    setText(this.#typed, Object.values(entry.fields).map((text) => text.trim()).filter(Boolean).join("\n\n") || turns.nothingYet);
  }

  /** @param {View} view */
  #updateNotes(view) {
    const { mine } = view;
    const shown = speaksSoon(view) && view.form === null;
    const written = mine !== null && (mine.moments.length > 0 || Object.values(mine.fields).some((text) => text.trim() !== ""));
    const asked = situationOf(view) === "turn" || situationOf(view) === "teacher"; // elsewhere nobody was asked to write for it
    show(this.#notesTitle, shown && (written || asked));
    show(this.#notes, shown && written);
    show(this.#nothing, shown && !written && asked);
    if (shown && mine) this.#notes.render({ entry: mine, heading: "", labels: false });
  }

  /**
   * @param {View} view
   * @param {number} left_ms
   */
  #updateBar(view, left_ms) {
    const { turn } = view.floor;
    if (this.#seen.turn !== turn || this.#seen.decision !== view.phase.decision) this.#seen = { turn, decision: view.phase.decision, length_ms: left_ms };
    show(this.#bar, turn === view.you.seat);
    this.#bar.style.setProperty("--left", String(Math.min(1, Math.max(0, left_ms / Math.max(1, this.#seen.length_ms)))));
  }
}

/** Whether there is anything to show beside the one who speaks. @param {View} view */
export function hasTurn(view) {
  const row = ROWS.has(situationOf(view)) && (rowOf(view).length > 0 || view.floor.shares.length > 0);
  return row || speaksSoon(view);
}

/** Somebody whose notes are in front of them: it is their turn, or it will be; the teacher before the others. @param {View} view */
function speaksSoon(view) {
  const situation = situationOf(view);
  if (situation === "teacher") return isTeacher(view);
  return ROWS.has(situation) && (view.floor.turn === view.you.seat || view.floor.next.includes(view.you.seat));
}

customElements.define("turn-notes", TurnNotes);
