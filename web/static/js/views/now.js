// The one sentence that says where we are, with the clock and the state of the recording. Same place on every screen.

import { h, setAttribute, setText, show } from "../dom.js";
import { isTeacher, leader, nameOf, nextStep, situationOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @typedef {{ view: View, now: number }} State */

const AMBER_MS = 60_000;

/** @extends {ViewElement<State>} */
export class RoomNow extends ViewElement {
  #sentence = h("h1", { id: "now-sentence", tabindex: -1 });
  #next = h("p", { id: "now-next" });
  #say = h("p", { id: "say", class: "say" });
  #clock = h("p", { id: "now-clock", role: "timer", "aria-live": "off" });
  #recordingText = h("span");
  #recording = h("p", { id: "now-recording", class: "recording-state" }, h("span", { class: "recording-dot", "aria-hidden": "true" }), this.#recordingText);

  build() {
    this.append(h("div", { class: "now-words" }, this.#sentence, this.#next, this.#say), this.#clock, this.#recording);
  }

  /** Where somebody goes on who was at something that is no longer there. */
  focusSentence() {
    this.#sentence.focus({ preventScroll: true });
  }

  /** @param {State} state */
  update({ view, now }) {
    setText(this.#sentence, sentenceOf(view));
    setText(this.#next, nextOf(view));
    setText(this.#say, view.phase.say);
    show(this.#say, view.phase.say !== "");
    setText(this.#recordingText, recordingOf(view));
    setAttribute(this.#recording, "data-on", view.recording.on);
    this.#updateClock(view, now);
  }

  /**
   * @param {View} view
   * @param {number} now
   */
  #updateClock(view, now) {
    const endsMs = view.floor.turn_ends_ms ?? view.phase.ends_ms;
    show(this.#clock, endsMs !== null);
    if (endsMs === null) return;
    const left = endsMs - now;
    const quiet = isTeacher(view) && situationOf(view) === "lesson";
    setText(this.#clock, quiet ? words.timeLeft(left) : words.remaining(left));
    setAttribute(this.#clock, "data-size", quiet ? "words" : view.you.leads ? "large" : "small");
    setAttribute(this.#clock, "data-amber", left <= AMBER_MS && view.phase.status !== "waiting");
  }
}

/** @param {View} view */
export function sentenceOf(view) {
  const situation = situationOf(view);
  const teacher = nameOf(view, view.teacher);
  const you = isTeacher(view);
  const speaker = view.floor.turn;
  if (view.phase.status === "grace") return graceOf(view);
  switch (situation) {
    case "before":
      return words.now.before;
    case "ended":
      return words.now.ended;
    case "lesson_waiting":
      return you ? words.now.yourLessonWaits : words.now.lessonWaits(teacher);
    case "lesson":
      return you ? words.now.yourLesson : words.now.lesson(teacher);
    case "writing":
      return words.now.writing;
    case "listening":
      return words.now.listening;
    case "teacher":
      return you ? words.now.youSpeak : words.now.teacherSpeaks(teacher);
    case "turn":
      return speaker === view.you.seat ? words.now.youSpeak : words.now.speaks(nameOf(view, speaker));
    case "waiting":
      return words.now.waits(view.phase.title);
    case "open":
      return words.now.open(view.phase.title);
  }
}

/** @param {View} view */
function graceOf(view) {
  const situation = situationOf(view);
  const speaking = situation === "lesson" || situation === "teacher" ? view.teacher : view.floor.turn;
  if (speaking === null) return words.now.finishing;
  return speaking === view.you.seat ? words.now.yourGrace : words.now.grace(nameOf(view, speaking));
}

/** @param {View} view */
function nextOf(view) {
  const situation = situationOf(view);
  if (situation === "ended") return "";
  if (situation === "before") {
    const lead = leader(view);
    return view.you.leads || !lead ? words.now.beforeYouLead : words.now.beforeLeadBy(lead.name);
  }
  const parts = [];
  if (view.phase.ends_ms !== null && view.phase.status === "running") parts.push(words.next.until(view.phase.ends_ms));
  const step = nextStep(view);
  if (step) parts.push(stepWords(view, step));
  const turn = situation === "turn" ? turnWords(view) : "";
  return [turn, ...parts].filter(Boolean).join(" · ");
}

/**
 * @param {View} view
 * @param {import("../protocol.js").Step} step
 */
function stepWords(view, step) {
  const another = step.teacher !== null && step.teacher !== view.teacher;
  return another ? words.next.thenOf(step.title, nameOf(view, step.teacher)) : words.next.then(step.title);
}

/** @param {View} view */
function turnWords(view) {
  const first = view.floor.next[0];
  if (first === undefined) return "";
  return first === view.you.seat ? words.next.you : words.next.speaker(nameOf(view, first));
}

/** @param {View} view */
function recordingOf(view) {
  const { on, teacher, left_out } = view.recording;
  if (!on) return words.recording.off;
  const whose = teacher === view.you.seat ? words.recording.yours : words.recording.of(nameOf(view, teacher));
  return left_out ? `${whose} · ${words.recording.leftOut(left_out)}` : whose;
}

customElements.define("room-now", RoomNow);
