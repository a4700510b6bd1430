// What this round's teacher wants the learners to know: one calm line before and in the lesson.

import { h, setText, show } from "../dom.js";
import { isTeacher, situationOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */

const { card, writing } = words.writing;

/** @extends {ViewElement<View>} */
export class LessonCard extends ViewElement {
  #learners = h("p", { class: "card-learners" });
  #goal = h("p", { class: "quiet" });
  #watchFor = h("p", { class: "quiet" });

  build() {
    this.append(this.#learners, this.#goal, this.#watchFor);
  }

  /** @param {View} view */
  update(view) {
    const fields = view.lesson_card?.fields ?? {};
    const learners = fields["learners"]?.trim() ?? "";
    line(this.#learners, isTeacher(view) ? learners : card.youAre(learners), learners);
    line(this.#goal, `${card.goal}: ${fields["goal"] ?? ""}`, fields["goal"]);
    line(this.#watchFor, `${writing.watchFor}: ${fields["watch-for"] ?? ""}`, fields["watch-for"]);
  }
}

/** @param {View} view */
export function hasLessonCard(view) {
  const situation = situationOf(view);
  const waits = situation === "lesson_waiting";
  return view.lesson_card !== null && (waits || (situation === "lesson" && !isTeacher(view)));
}

/**
 * @param {HTMLElement} element
 * @param {string} text
 * @param {string | undefined} needed
 */
function line(element, text, needed) {
  const shown = (needed?.trim() ?? "") !== "";
  show(element, shown);
  setText(element, shown ? text : "");
}

customElements.define("lesson-card", LessonCard);
