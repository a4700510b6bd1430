// What this person can do now to move the session: at most one coloured button, everything else quiet.

import { emit, h, keyed, setAttribute, setText } from "../dom.js";
import { isLesson, isTeacher, may, nameOf, nextStep, situationOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @typedef {"advance" | "start_lesson" | "end_turn" | "ready" | "not_ready"} ActionName */
/** @typedef {{ name: ActionName, label: string, primary: boolean }} Action */

/**
 * Emits `act` (ActionName).
 * @extends {ViewElement<View>}
 */
export class RoomActions extends ViewElement {
  #ready = h("p", { class: "quiet ready-count", id: "ready-count" });
  #buttons = h("div", { class: "action-buttons" });

  build() {
    this.append(this.#ready, this.#buttons);
  }

  /** @param {View} view */
  update(view) {
    setText(this.#ready, readyWords(view));
    keyed(
      this.#buttons,
      actionsOf(view),
      ({ name }) => (name === "not_ready" ? "ready" : name),
      ({ name }) => h("button", { type: "button", id: `action-${name.replaceAll("_", "-").replace("not-", "")}` }),
      (button, { name, label, primary }) => {
        setText(button, label);
        setAttribute(button, "class", primary ? "primary" : "quiet-button");
        button.onclick = () => emit(this, "act", name);
      },
    );
  }
}

/** @param {View} view @returns {Action[]} */
export function actionsOf(view) {
  const all = [readyAction(view), turnAction(view), startAction(view), advanceAction(view)];
  const actions = all.filter((action) => action !== null);
  let coloured = false;
  return actions.map((action) => {
    const primary = action.primary && !coloured;
    coloured ||= primary;
    return { ...action, primary };
  });
}

/** @param {View} view @returns {Action | null} */
function startAction(view) {
  if (!may(view, "start_lesson")) return null;
  if (!isTeacher(view)) return { name: "start_lesson", label: words.action.startLessonOf(nameOf(view, view.teacher)), primary: false };
  const seconds = view.phase.seconds;
  const label = seconds === null ? words.action.startLessonPlain : words.action.startLesson(seconds);
  return { name: "start_lesson", label, primary: true };
}

/** @param {View} view @returns {Action | null} */
function turnAction(view) {
  if (!may(view, "end_turn")) return null;
  const next = view.floor.next[0];
  if (next === undefined && view.floor.turn !== view.you.seat && may(view, "advance")) return null;
  const name = next === undefined ? "" : nameOf(view, next);
  if (view.floor.turn === view.you.seat) {
    return { name: "end_turn", label: name ? words.action.doneOver(name) : words.action.done, primary: true };
  }
  return { name: "end_turn", label: name ? words.action.nextSpeaker(name) : words.action.speakerDone, primary: true };
}

/** @param {View} view @returns {Action | null} */
function readyAction(view) {
  if (!may(view, "ready") || situationOf(view) !== "writing") return null;
  if (view.you.ready) return { name: "not_ready", label: words.action.notReady, primary: false };
  return { name: "ready", label: words.action.ready, primary: true };
}

/** @param {View} view @returns {Action | null} */
function advanceAction(view) {
  if (!may(view, "advance")) return null;
  const running = isLesson(view) && view.phase.status !== "waiting";
  if (running && isTeacher(view)) return { name: "advance", label: words.action.finish, primary: false };
  return { name: "advance", label: advanceLabel(view), primary: !running && !(isLesson(view) && may(view, "start_lesson")) };
}

/** @param {View} view */
function advanceLabel(view) {
  const step = nextStep(view);
  if (view.phase.part === "before") {
    const first = nameOf(view, step?.teacher ?? null);
    return first ? words.action.startWith(first) : words.action.start;
  }
  if (!step) return words.action.end;
  if (situationOf(view) === "writing" && view.expected > 0 && view.ready_count >= view.expected) return words.action.allReady;
  return words.action.next(step.title);
}

/** @param {View} view */
function readyWords(view) {
  if (situationOf(view) !== "writing" || view.expected === 0) return "";
  const count = words.ready.count(view.ready_count, view.expected);
  const waiting = view.people.filter(({ seat, here }) => here && seat !== view.you.seat && !view.ready.includes(seat)).map((person) => person.name);
  return view.you.leads && waiting.length ? `${count} · ${words.ready.writing(waiting)}` : count;
}

customElements.define("room-actions", RoomActions);
