// The one sentence that says where we are, with the clock and the state of the recording. Same place on every screen.

import { h, setAttribute, setText, show } from "../dom.js";
import { countdownOf, isTeacher, leader, nameOf, nextStep, situationOf } from "../reading.js";
import * as words from "../words.js";
import { sayingOf } from "./saying.js";
import { ViewElement } from "./view.js";

/** @import { View, Step } from "../protocol.js" */
/** @import { Countdown, Situation } from "../reading.js" */
/** @typedef {{ view: View, now: number }} State */

const AMBER_MS = 60_000;
const SOON_MS = 20_000;
const WELCOME_MS = 30_000;
const { where, recorded } = words.writing;

/** @extends {ViewElement<State>} */
export class RoomNow extends ViewElement {
  /** The phase in which this page came in, and when. @type {{ decision: number, at_ms: number } | null} */
  #came = null;
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
    this.#came ??= { decision: view.phase.decision, at_ms: now };
    setText(this.#sentence, sentenceOf(view));
    setText(this.#next, nextOf(view, now, this.#isNew(view, now)));
    const say = [view.phase.say, view.phase.part === "before" ? sayingOf(view) : ""].filter(Boolean).join(" "); // later it stands in the strip
    setText(this.#say, say);
    show(this.#say, say !== "");
    setText(this.#recordingText, recordingOf(view));
    setAttribute(this.#recording, "data-on", view.recording.on && view.phase.held === null);
    this.#updateClock(view, countdownOf(view, now));
  }

  /**
   * @param {View} view
   * @param {number} now
   */
  #isNew(view, now) {
    return this.#came !== null && this.#came.decision === view.phase.decision && now - this.#came.at_ms < WELCOME_MS;
  }

  /**
   * @param {View} view
   * @param {Countdown | null} countdown
   */
  #updateClock(view, countdown) {
    show(this.#clock, countdown !== null);
    if (countdown === null) return;
    const { left_ms, state } = countdown;
    const quiet = isTeacher(view) && situationOf(view) === "lesson";
    setText(this.#clock, clockWords(countdown, quiet));
    setAttribute(this.#clock, "data-size", state === "counting" || (view.you.leads && !quiet) ? "large" : quiet ? "words" : "small");
    setAttribute(this.#clock, "data-amber", state === "running" && left_ms <= AMBER_MS && view.phase.status !== "waiting");
    setAttribute(this.#clock, "data-held", state === "held");
  }
}

/**
 * @param {Countdown} countdown
 * @param {boolean} quiet
 */
function clockWords({ left_ms, state }, quiet) {
  if (state === "counting") return String(Math.ceil(left_ms / 1000));
  const left = quiet ? words.timeLeft(left_ms) : words.remaining(left_ms);
  return state === "held" ? `${left} · ${where.standsStill}` : left;
}

/** @type {Record<Situation, (view: View, teacher: string, you: boolean) => string>} */
const SENTENCES = {
  before: ({ alone, phase }) => (alone ? phase.title : words.now.before),
  ended: () => words.now.ended,
  lesson_waiting: (view, teacher, you) => {
    if (you) return words.now.yourLessonWaits;
    return view.people.some(({ seat, here }) => seat === view.teacher && here) ? words.now.lessonWaits(teacher) : where.awaited(teacher);
  },
  lesson: (_view, teacher, you) => (you ? words.now.yourLesson : words.now.lesson(teacher)),
  writing: ({ alone, phase }) => (alone ? phase.title : words.now.writing),
  listening: () => words.now.listening,
  teacher: (_view, teacher, you) => (you ? words.now.youSpeak : words.now.teacherSpeaks(teacher)),
  turn: (view) => turnSentence(view),
  waiting: ({ alone, phase }) => (alone ? phase.title : words.now.waits(phase.title)),
  open: ({ phase }) => (phase.part === "closing" ? where.takeAway : words.now.open(phase.title)),
};

/** @param {View} view */
export function sentenceOf(view) {
  const { phase } = view;
  const teacher = nameOf(view, view.teacher);
  const you = isTeacher(view);
  if (phase.starts_ms !== null) return you ? where.yourCountIn : where.countIn(teacher);
  if (phase.held) return heldSentence(view);
  if (phase.status === "grace") return graceOf(view);
  return SENTENCES[situationOf(view)](view, teacher, you);
}

/** @param {View} view */
function turnSentence(view) {
  const { turn } = view.floor;
  if (turn === view.you.seat) return view.turn_entry ? words.writing.turns.youWrite : words.now.youSpeak;
  const typed = view.people.find((person) => person.seat === turn)?.microphone === "none";
  return typed ? words.writing.turns.typed(nameOf(view, turn)) : words.now.speaks(nameOf(view, turn));
}

/** @param {View} view */
function heldSentence(view) {
  const { held } = view.phase;
  if (held?.resumes_ms) return where.resuming;
  if (held?.reason === "teacher_away") return isTeacher(view) ? where.yourTimeHeld : where.dropped(nameOf(view, view.teacher));
  const by = held?.by === view.you.seat ? "" : nameOf(view, held?.by ?? null);
  return by ? where.heldBy(by) : where.held;
}

/** @param {View} view */
function graceOf(view) {
  const situation = situationOf(view);
  const speaking = situation === "lesson" || situation === "teacher" ? view.teacher : view.floor.turn;
  if (speaking === null) return words.now.finishing;
  return speaking === view.you.seat ? words.now.yourGrace : words.now.grace(nameOf(view, speaking));
}

/**
 * @param {View} view
 * @param {number} now
 * @param {boolean} isNew
 */
function nextOf(view, now, isNew) {
  const situation = situationOf(view);
  if (situation === "ended") return "";
  if (situation === "before") return beforeWords(view);
  const parts = [welcomeOf(view, isNew), situation === "turn" ? turnWords(view, now) : ""];
  if (view.phase.ends_ms !== null && view.phase.status === "running" && !parts[1]) parts.push(words.next.until(view.phase.ends_ms));
  const step = nextStep(view);
  if (step) parts.push(stepWords(view, step));
  if (view.runs_by_itself && !view.alone) parts.push(where.runsByItself);
  return parts.filter(Boolean).join(" · ");
}

/** @param {View} view */
function beforeWords(view) {
  if (view.alone) return "";
  const lead = leader(view);
  return view.you.leads || !lead ? words.now.beforeYouLead : words.now.beforeLeadBy(lead.name);
}

/**
 * @param {View} view
 * @param {boolean} isNew
 */
function welcomeOf(view, isNew) {
  if (isTeacher(view)) return "";
  if (situationOf(view) === "lesson" && isNew && !view.you.leads) return where.comeQuietly;
  return view.you.came_late && situationOf(view) === "turn" ? where.cameLate : "";
}

/**
 * @param {View} view
 * @param {Step} step
 */
function stepWords(view, step) {
  const another = step.teacher !== null && step.teacher !== view.teacher;
  return another ? words.next.thenOf(step.title, nameOf(view, step.teacher)) : words.next.then(step.title);
}

/**
 * @param {View} view
 * @param {number} now
 */
function turnWords(view, now) {
  if (isTeacher(view)) {
    const ms = nextStep(view)?.begins_ms ?? null;
    return ms === null ? where.listeningPlain : where.listening(ms);
  }
  const first = view.floor.next[0];
  if (first === undefined) return "";
  if (first !== view.you.seat) return words.next.speaker(nameOf(view, first));
  const left = (view.floor.turn_ends_ms ?? Infinity) - now;
  return left > 0 && left <= SOON_MS ? where.youSoon(Math.ceil(left / 1000)) : words.next.you;
}

/** @param {View} view */
function recordingOf(view) {
  const { on, teacher, left_out, will, stopped } = view.recording;
  const yours = (teacher ?? view.teacher) === view.you.seat;
  const name = nameOf(view, teacher ?? view.teacher);
  const leftOut = left_out ? ` · ${words.recording.leftOut(left_out)}` : "";
  if (on && view.phase.held) return recorded.rests;
  if (on) return (yours ? words.recording.yours : words.recording.of(name)) + leftOut;
  if (stopped) return recorded.stopped;
  const situation = situationOf(view);
  if (situation !== "lesson" && situation !== "lesson_waiting") return words.recording.off;
  if (!will) return view.phase.held ? words.recording.off : recorded.never;
  return (yours ? recorded.willYours : recorded.will(name)) + leftOut;
}

customElements.define("room-now", RoomNow);
