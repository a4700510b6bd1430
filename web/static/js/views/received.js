// What came from colleagues, each when its author's turn begins, to be kept or not; else one's own text.

import { h, keyed, setText, show } from "../dom.js";
import { isTeacher, may, nameOf, situationOf } from "../reading.js";
import * as words from "../words.js";
import { EntryCard } from "./entry_card.js";
import { ViewElement, command } from "./view.js";

/** @import { Entry, View } from "../protocol.js" */

const WITHOUT = new Set(["lesson", "lesson_waiting", "before", "own_time"]);

/** @extends {ViewElement<View>} */
export class RoomEntries extends ViewElement {
  #title = h("h2");
  #unwritten = h("p", { class: "quiet", id: "unwritten" });
  #list = h("div", { class: "entry-cards" });

  build() {
    this.append(this.#title, this.#unwritten, this.#list);
  }

  /** @param {View} view */
  update(view) {
    const shown = entriesOf(view);
    const fromOthers = shown.some((entry) => entry.author !== view.you.seat);
    setText(this.#title, !fromOthers ? words.form.notes : isTeacher(view) ? words.entries.title : words.entries.ofOthers);
    show(this.#title, shown.length > 0);
    setText(this.#unwritten, speaksUnwritten(view) ? words.writing.received.notWritten(nameOf(view, view.floor.turn)) : "");
    show(this.#unwritten, speaksUnwritten(view));
    keyed(
      this.#list,
      shown,
      (entry) => `${entry.round}/${entry.form}/${entry.author}`,
      () => new EntryCard(),
      (card, entry) => card.render({ entry, heading: entry.author === view.you.seat ? "" : nameOf(view, entry.author), keep: this.#keep(view, entry) }),
    );
  }

  /**
   * @param {View} view
   * @param {Entry} entry
   */
  #keep(view, { author, round, kept }) {
    if (author === view.you.seat || !may(view, "keep")) return null;
    return () => command(this, { type: "keep", round, author, kept: !kept });
  }
}

/** What there is to read now: what came from others, the newest on top while they speak; else one's own text. @param {View} view */
export function entriesOf(view) {
  const situation = situationOf(view);
  if (WITHOUT.has(situation)) return [];
  if (view.received.length && (isTeacher(view) || view.phase.part !== "round")) return newestFirst(view);
  const speaks = situation === "turn" || situation === "queue" || situation === "teacher"; // one's own notes stand with the turn
  const { mine } = view;
  const written = mine !== null && (mine.moments.length > 0 || Object.values(mine.fields).some((text) => text.trim() !== ""));
  const own = view.form === null && !speaks && mine !== null && written ? [mine] : [];
  return [...own, ...view.others_wrote.filter(({ author }) => author !== view.you.seat)];
}

/** Whether the one whose turn it is has written nothing to the teacher, who reads this. @param {View} view */
export function speaksUnwritten(view) {
  const { turn } = view.floor;
  if (turn === null || turn === view.you.seat || !isTeacher(view) || situationOf(view) !== "turn") return false;
  return view.turn_entry === null && view.received.every((entry) => entry.author !== turn || entry.round !== view.phase.round);
}

/** @param {View} view */
function newestFirst(view) {
  const speaking = view.received.filter((entry) => entry.author === view.floor.turn);
  return [...speaking, ...view.received.filter((entry) => entry.author !== view.floor.turn)];
}

customElements.define("room-entries", RoomEntries);
