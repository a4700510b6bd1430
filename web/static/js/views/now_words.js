// The sentence that says where we are, what follows, and whether this is recorded: words from a view.

import { isTeacher, leader, nameOf, nextStep, situationOf } from "../reading.js";
import { elsewhere, withYou } from "../reading_lanes.js";
import * as words from "../words.js";

/** @import { View, Step } from "../protocol.js" */
/** @import { Countdown, Situation } from "../reading.js" */

const SOON_MS = 20_000;
const { where, recorded } = words.writing;
const { lanes, floors, tries } = words.together;

/** @type {Record<Situation, (view: View, teacher: string, you: boolean) => string>} */
const SENTENCES = {
  before: ({ alone, phase }) => (alone ? phase.title : words.now.before),
  ended: () => words.now.ended,
  lesson_waiting: (view, teacher, you) => {
    if (you) return view.phase.again ? tries.yoursWaits : words.now.yourLessonWaits;
    const here = view.people.some((person) => person.seat === view.teacher && person.here);
    return here ? (view.phase.again ? tries.waits : words.now.lessonWaits)(teacher) : where.awaited(teacher);
  },
  lesson: ({ phase }, teacher, you) => {
    if (phase.again) return you ? tries.yours : tries.of(teacher);
    return you ? words.now.yourLesson : words.now.lesson(teacher);
  },
  writing: ({ alone, phase }) => (alone ? phase.title : words.now.writing),
  listening: () => words.now.listening,
  teacher: (_view, teacher, you) => (you ? words.now.youSpeak : words.now.teacherSpeaks(teacher)),
  turn: (view) => turnSentence(view),
  waiting: ({ alone, phase }) => (alone ? phase.title : words.now.waits(phase.title)),
  open: ({ phase }) => (phase.part === "closing" ? where.takeAway : words.now.open(phase.title)),
  own_time: () => lanes.alone,
  talk: (view) => talkSentence(view),
  colleagues: (view, teacher, you) => {
    const { phase } = view;
    if (!you) return floors.amongYourselves(teacher);
    if (nextStep(view)?.floor !== "teacher") return floors.youListen(phase.ends_ms);
    return phase.ends_ms === null ? where.listeningPlain : where.listening(phase.ends_ms);
  },
  spokesperson: (view) => (view.note_taker === view.you.seat ? floors.youTell : floors.tells(nameOf(view, view.note_taker))),
  queue: (view) => (view.floor.turn === null ? floors.nobodySpeaks : turnSentence(view)),
  permission: (view, teacher, you) => {
    if (view.floor.turn !== null) return turnSentence(view);
    return you ? floors.youDecide : floors.teacherDecides(teacher);
  },
};

/** @param {View} view */
export function sentenceOf(view) {
  const { phase } = view;
  const teacher = nameOf(view, view.teacher);
  const you = isTeacher(view);
  if (phase.starts_ms !== null) return you ? where.yourCountIn : where.countIn(teacher);
  if (phase.held) return heldSentence(view);
  if (view.lane?.over) return lanes.over;
  if (phase.status === "grace") return graceOf(view);
  return SENTENCES[situationOf(view)](view, teacher, you);
}

/** What is said aloud when the session goes on: while the group is divided, also when all meet again. @param {View} view */
export function aloudOf(view) {
  return [sentenceOf(view), laneWords(view)].filter(Boolean).join(". ");
}

/** @param {View} view */
function turnSentence(view) {
  const { turn } = view.floor;
  if (turn === view.you.seat) return view.turn_entry ? words.writing.turns.youWrite : words.now.youSpeak;
  const typed = view.people.find((person) => person.seat === turn)?.microphone === "none";
  return typed ? words.writing.turns.typed(nameOf(view, turn)) : words.now.speaks(nameOf(view, turn));
}

/** @param {View} view */
function talkSentence(view) {
  const others = elsewhere(view).map((person) => person.name);
  const ms = view.lane?.together_ms ?? null;
  return others.length === 0 ? words.now.open(view.phase.title) : lanes.cannotHear(others, ms);
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
export function nextOf(view, now, isNew) {
  const situation = situationOf(view);
  if (situation === "ended") return "";
  if (situation === "before") return beforeWords(view);
  const parts = [welcomeOf(view, isNew), laneWords(view), turnWords(view, now)];
  const { ends_ms, status } = view.phase;
  const said = parts[2] !== "" || (view.lane !== null && ends_ms === view.lane.together_ms) || (situation === "colleagues" && isTeacher(view));
  if (ends_ms !== null && status === "running" && !said) parts.push(words.next.until(ends_ms));
  const step = nextStep(view);
  if (step) parts.push(stepWords(view, step));
  if (view.runs_by_itself && !view.alone) parts.push(where.runsByItself);
  return parts.filter(Boolean).join(" · ");
}

/** Why this part of the group is by itself, and until when. @param {View} view */
function laneWords(view) {
  const { lane } = view;
  if (lane === null) return "";
  const { together_ms } = lane;
  if (lane.over) return together_ms === null ? lanes.meet : lanes.meetAt(together_ms);
  const early = lane.early ? lanes.early : "";
  if (!isTeacher(view)) return situationOf(view) === "talk" ? early : [talkSentence(view), early].filter(Boolean).join(". ");
  const near = withYou(view).map((person) => person.name);
  return [near.length > 0 ? lanes.onlyWith(near) : "", lanes.amongThemselves(together_ms)].filter(Boolean).join(" ");
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
  const situation = situationOf(view);
  if (situation === "permission") return permissionWords(view);
  if (situation !== "turn" && situation !== "queue") return "";
  if (isTeacher(view) && view.floor.turn !== view.you.seat && view.floor.speakers.includes(view.you.seat)) return floors.youMayAnswer;
  if (situation === "turn" && isTeacher(view)) {
    const ms = nextStep(view)?.begins_ms ?? null;
    return ms === null ? where.listeningPlain : where.listening(ms);
  }
  const first = view.floor.next[0];
  if (first === undefined) return "";
  if (first !== view.you.seat) return words.next.speaker(nameOf(view, first));
  const left = (view.floor.turn_ends_ms ?? Infinity) - now;
  return left > 0 && left <= SOON_MS ? where.youSoon(Math.ceil(left / 1000)) : words.next.you;
}

/** Who may speak, and why. @param {View} view */
function permissionWords(view) {
  const { turn } = view.floor;
  const teacher = nameOf(view, view.teacher);
  if (isTeacher(view)) return turn === null ? floors.youAlways : floors.youSaidYes;
  if (turn === null) return floors.askFirst(teacher);
  return floors.saidYes(teacher);
}

/** @param {View} view */
export function recordingOf(view) {
  if (view.recording.if_all) return talkRecordingOf(view);
  const { on, teacher, left_out, will, stopped, disk } = view.recording;
  const yours = (teacher ?? view.teacher) === view.you.seat;
  const name = nameOf(view, teacher ?? view.teacher);
  const leftOut = left_out ? ` · ${words.recording.leftOut(left_out)}` : "";
  if ((on || will) && disk === "full") return recorded.full;
  if (on && view.phase.held) return recorded.rests;
  if (on) return (yours ? words.recording.yours : words.recording.of(name)) + leftOut;
  if (stopped) return recorded.stopped;
  const situation = situationOf(view);
  if (situation !== "lesson" && situation !== "lesson_waiting") return words.recording.off;
  if (!will) return view.phase.held ? words.recording.off : recorded.never;
  return (yours ? recorded.willYours : recorded.will(name)) + leftOut;
}

/** A talk that is recorded only if all want it. @param {View} view */
function talkRecordingOf({ recording, you, phase, people }) {
  const { on, teacher, disk, paused } = recording;
  const { off, waits, of, on: yours, paused: missing } = words.consultation.recorded;
  if (on && disk === "full") return recorded.full;
  if (on && phase.held) return recorded.rests;
  if (on && paused) return missing;
  if (on) return teacher === you.seat ? yours : of(people.find(({ seat }) => seat === teacher)?.name ?? "");
  return you.recording === "record" && phase.part === "round" && people.length > 1 ? waits : off;
}

/** What is tried in the second try, for those whom it concerns. @param {View} view */
export function pinnedOf(view) {
  if (view.pinned === null) return "";
  const { text } = view.pinned;
  if (isTeacher(view)) return tries.pinned(text);
  const teacher = nameOf(view, view.teacher);
  return text === "" ? tries.whatYouSaid(teacher) : tries.yourSuggestion(teacher, text);
}

/**
 * @param {Countdown} countdown
 * @param {boolean} quiet
 */
export function clockWords({ left_ms, state }, quiet) {
  if (state === "counting") return String(Math.ceil(left_ms / 1000));
  const left = quiet ? words.timeLeft(left_ms) : words.remaining(left_ms);
  return state === "held" ? `${left} · ${where.standsStill}` : left;
}
