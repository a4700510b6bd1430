// What a view of the session means for the person who reads it: pure functions, no page, no words.

/** @import { View, Person, Step } from "./protocol.js" */

/**
 * @typedef {"before" | "lesson_waiting" | "lesson" | "writing" | "listening" | "teacher" | "turn" | "open" | "waiting" | "ended"} Situation
 */

/** @param {View} view @returns {Situation} */
export function situationOf(view) {
  const { phase, floor } = view;
  if (phase.part === "before" || phase.part === "ended") return phase.part;
  if (isLesson(view)) return phase.status === "waiting" ? "lesson_waiting" : "lesson";
  if (phase.status === "waiting") return "waiting";
  if (floor.mode === "silent") return view.form ? "writing" : "listening";
  if (floor.mode === "round_robin" && floor.turn !== null) return "turn";
  return floor.mode === "teacher" && view.teacher !== null ? "teacher" : "open";
}

/** @param {View} view */
export function isLesson(view) {
  return view.phase.part === "round" && (view.phase.key === "lesson" || view.recording.on || view.you.may.includes("start_lesson"));
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
 * Who is shown large and who small, in the order of the session. Where nobody is singled out, all are alike.
 * @param {View} view
 * @returns {{ large: string[], small: string[] }}
 */
export function placesOf(view) {
  const here = view.people.filter((person) => person.here || person.seat === view.you.seat).map((person) => person.seat);
  const others = here.filter((seat) => seat !== view.you.seat);
  if (others.length === 0) return { large: [view.you.seat], small: [] };
  const staged = others.filter((seat) => view.stage.includes(seat));
  if (view.stage.length === 0) return { large: here, small: [] };
  const large = staged.length ? staged : others;
  return { large, small: [...others.filter((seat) => !large.includes(seat)), view.you.seat] };
}
