// What a view of the session means for the person who reads it: pure functions, no page, no words.

import { isAlone, isWithYou } from "./reading_lanes.js";

/** @import { View, Entry, Person, Step } from "./protocol.js" */

/**
 * `own_time`: the teacher alone, while colleagues talk. `talk`: a part of the divided group talks. `colleagues`: all but the teacher may
 * speak, `spokesperson`: one of them for all; `queue`: whoever has asked; `permission`: whoever the teacher wants to hear.
 * @typedef {"before" | "lesson_waiting" | "lesson" | "writing" | "listening" | "teacher" | "turn" | "open" | "waiting" | "ended"
 *   | "own_time" | "talk" | "colleagues" | "spokesperson" | "queue" | "permission"} Situation
 */

/** @param {View} view @returns {Situation} */
export function situationOf(view) {
  const { phase, floor } = view;
  if (phase.part === "before" || phase.part === "ended") return phase.part;
  if (isLesson(view)) return phase.status === "waiting" ? "lesson_waiting" : "lesson";
  if (phase.status === "waiting" && floor.mode === "open") return "waiting";
  if (view.lane !== null && isTeacher(view) && isAlone(view)) return "own_time";
  if (floor.mode === "silent") return view.form ? "writing" : "listening";
  if (floor.mode === "round_robin" && floor.turn !== null) return "turn";
  if (floor.mode === "queue") return "queue";
  return view.teacher === null ? "open" : besideTeacher(view);
}

/** Where it matters who of them is the teacher. @param {View} view @returns {Situation} */
function besideTeacher({ floor, lane, note_taker }) {
  if (floor.mode === "teacher" || floor.mode === "permission") return floor.mode;
  if (lane !== null) return "talk";
  if (floor.mode === "spokesperson") return note_taker === null ? "colleagues" : "spokesperson";
  return floor.mode === "colleagues" ? "colleagues" : "open";
}

/** @param {View} view */
export function isLesson(view) {
  return view.phase.lesson;
}

/** @param {View} view */
export function isTeacher(view) {
  return view.you.role === "teacher";
}

/** @param {View} view @param {string} command */
export function may(view, command) {
  return view.you.may.includes(command);
}

/** @param {View} view @param {string | null} seat */
export function nameOf(view, seat) {
  return view.people.find((person) => person.seat === seat)?.name ?? "";
}

/** @param {View} view @returns {Person | undefined} */
export function leader(view) {
  return view.people.find((person) => person.leads);
}

/** The step after this one. @param {View} view @returns {Step | null} */
export function nextStep(view) {
  return view.steps.find((step) => !isCurrent(view, step)) ?? null;
}

/** @param {View} view @param {Step} step */
function isCurrent(view, step) {
  return step.part === view.phase.part && step.round === view.phase.round && step.title === view.phase.title;
}

/** Milliseconds from the start of the lesson. @param {View} view @param {number} nowMs */
export function inLesson(view, nowMs) {
  const startedMs = view.recording.started_ms ?? view.phase.started_ms;
  return startedMs === null ? null : Math.max(0, nowMs - startedMs);
}

/**
 * Who is shown large and who small, in the order of the session. Where nobody is singled out, all are alike. While the group is
 * divided, only who is in the same part of it.
 * @param {View} view
 * @returns {{ large: string[], small: string[] }}
 */
export function placesOf(view) {
  const near = view.people.filter((person) => isWithYou(view, person));
  const here = near.filter((person) => person.here || person.seat === view.you.seat).map((person) => person.seat);
  const others = here.filter((seat) => seat !== view.you.seat);
  if (others.length === 0) return { large: [view.you.seat], small: [] };
  const staged = others.filter((seat) => view.stage.includes(seat));
  if (view.stage.length === 0) return { large: here, small: [] };
  const large = staged.length ? staged : others;
  return { large, small: [...others.filter((seat) => !large.includes(seat)), view.you.seat] };
}

/** What counts down in this view and how much is left of it. @typedef {{ left_ms: number, state: "running" | "held" | "counting" }} Countdown */

/** @param {View} view @param {number} nowMs @returns {Countdown | null} */
export function countdownOf(view, nowMs) {
  const { held, starts_ms, ends_ms } = view.phase;
  const begins = starts_ms ?? held?.resumes_ms ?? null;
  if (begins !== null && begins > nowMs) return { left_ms: begins - nowMs, state: "counting" };
  if (held) return { left_ms: held.left_ms, state: "held" };
  const ends = view.floor.turn_ends_ms ?? (view.lane?.over ? null : ends_ms) ?? view.lane?.together_ms ?? null;
  return ends === null ? null : { left_ms: ends - nowMs, state: "running" };
}

/** In a round of one's own there is nothing else to do than to teach. @param {View} view */
export function onlyTeaches(view) {
  return isTeacher(view) && view.phase.part === "round";
}

/** What each of the buttons for time adds or takes away. @param {View} view */
export function timeSteps(view) {
  return view.floor.turn === null || !inTurns(view) ? { more_s: 60, less_s: 60 } : { more_s: 20, less_s: 20 };
}

/** Whether everybody is asked one after the other: then a turn has a clock of its own. @param {View} view */
export function inTurns(view) {
  return view.floor.mode === "round_robin";
}

/** @param {View} view @returns {Person | undefined} */
export function yourself(view) {
  return view.people.find((person) => person.seat === view.you.seat);
}

/** In the order in which they teach. @param {View} view */
export function teachersOf(view) {
  return view.people.filter((person) => person.teaches !== null).sort((a, b) => (a.teaches ?? 0) - (b.teaches ?? 0));
}

/** When the round of each teacher is expected to begin. @param {View} view @returns {Map<string | null, number | null>} */
export function beginnings(view) {
  return new Map(view.steps.filter((step) => step.teacher !== null).reverse().map((step) => [step.teacher, step.begins_ms]));
}

/** Everybody else who should be here. @param {View} view */
export function absent(view) {
  return view.people.filter((person) => !person.here && person.seat !== view.you.seat);
}

/** Who was asked for a turn, has not had it, and is not waiting for it. @param {View} view */
export function notHeard(view) {
  return withoutTurn(view).filter((person) => person.heard === false);
}

/** Who could still be given a turn: whoever came late too, although nobody waits for that. @param {View} view */
export function withoutTurn(view) {
  const waiting = new Set([view.floor.turn, ...view.floor.next, view.teacher]);
  return view.people.filter((person) => person.heard !== true && !waiting.has(person.seat));
}

/** @param {Entry | null} entry @param {string} key */
const textOf = (entry, key) => entry?.fields[key]?.trim() ?? "";

/** A colleague who would be ready without a suggestion and without a moment is asked once. @param {View} view */
export function helpsNobodyYet(view) {
  if (isTeacher(view) || view.form === null || view.phase.part !== "round") return false;
  const large = view.form.fields.filter((field) => field.large && !field.optional);
  return large.length > 0 && (view.mine?.moments.length ?? 0) === 0 && large.every((field) => textOf(view.mine, field.key) === "");
}

/** Whether the reader is asked for a suggestion: some formats do without. @param {View} view */
export function suggests(view) {
  return view.form?.fields.some(({ key }) => isSuggestion(key)) ?? false;
}

/** What somebody can say in one line: the suggestion, else what stands last. @param {Entry} entry @returns {string} */
export function suggestionOf(entry) {
  const own = Object.entries(entry.fields).filter(([key, text]) => !isMomentField(key) && text.trim() !== "");
  const named = own.find(([key]) => isSuggestion(key));
  return (named ?? own.at(-1))?.[1].trim() ?? "";
}

/** @param {string} key */
const isSuggestion = (key) => key.startsWith("suggestion");
/** The field for one line on a moment. @param {string} moment */
export const momentField = (moment) => `m-${moment}`;
/** @param {string} key */
export const isMomentField = (key) => key.startsWith("m-");

/** The question whose answer is the one thing to try. @param {View} view */
export function tryField(view) {
  return view.form?.fields.find((field) => field.pinned || field.key === "try") ?? null;
}

/** Suggestions that a teacher can choose from: those kept, else all. @param {View} view */
export function choices(view) {
  const all = view.received.filter((entry) => suggestionOf(entry) !== "");
  const kept = all.filter((entry) => entry.kept);
  return kept.length ? kept : all;
}

/**
 * Moves a name within the order of those who teach.
 * @param {readonly string[]} order
 * @param {string} seat
 * @param {number} to its new place
 */
export function moved(order, seat, to) {
  const others = order.filter((other) => other !== seat);
  return [...others.slice(0, to), seat, ...others.slice(to)];
}

/** Whose turn comes with the next step of the row. @param {View} view @returns {{ seat: string, state: "heard" | "speaking" | "next" | "waiting" }[]} */
export function rowOf(view) {
  const { turn, next } = view.floor;
  const rest = new Set([turn, ...next]);
  const heard = inTurns(view) ? view.people.filter((person) => person.heard === true && !rest.has(person.seat)) : [];
  return [
    ...heard.map(({ seat }) => ({ seat, state: /** @type {const} */ ("heard") })),
    ...(turn === null ? [] : [{ seat: turn, state: /** @type {const} */ ("speaking") }]),
    ...next.map((seat, place) => ({ seat, state: place === 0 ? /** @type {const} */ ("next") : /** @type {const} */ ("waiting") })),
  ];
}
