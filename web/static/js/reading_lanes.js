// What a view means while the group is divided, and where people ask before they speak: pure functions, no page, no words.

/** @import { Line, Offer, OwnTake, Person, View } from "./protocol.js" */

/** Whether somebody is in the same part of the group as the reader. @param {View} view @param {Person} person */
export function isWithYou(view, person) {
  return view.lane === null || person.lane === view.lane.key;
}

/** Everybody else in the same part. @param {View} view @returns {Person[]} */
export function withYou(view) {
  return view.people.filter((person) => person.seat !== view.you.seat && isWithYou(view, person));
}

/** @param {View} view */
export function isAlone(view) {
  return withYou(view).length === 0;
}

/** Who is in another part of the group, and so hears and sees nothing of this one. @param {View} view @returns {Person[]} */
export function elsewhere(view) {
  const seats = new Set(view.lane?.others.flatMap((lane) => lane.seats) ?? []);
  return view.people.filter((person) => seats.has(person.seat));
}

/** Whether the reader has the recording of a moment ago in front of them, if there is one. @param {View} view */
export function hasOwnTime(view) {
  return view.you.role === "teacher" && view.phase.part === "round" && view.phase.replay;
}

/** The recording that can be watched again now: the last one of this round. @param {View} view @returns {OwnTake | null} */
export function lastTake(view) {
  const kept = (/** @type {OwnTake} */ { round, over, state }) => round === view.phase.round && over && state !== "deleted";
  return view.takes.filter(kept).at(-1) ?? null;
}

/** When this ends and all are together. @param {View} view */
export function togetherMs(view) {
  return view.lane === null ? view.phase.ends_ms : view.lane.together_ms;
}

/** Whether the list can be written in now. @param {View} view */
export function collects(view) {
  return view.lane?.collects === true || view.you.may.includes("add_line");
}

/** @param {View} view @param {Line} line */
export function saysTheSame(view, line) {
  return line.seat === view.you.seat || line.me_too.includes(view.you.seat);
}

/** What one has left of the time that is shared out; null where it is not. @param {View} view @param {number} nowMs */
export function ownShareMs(view, nowMs) {
  const { mode, turn, turn_ends_ms, shares } = view.floor;
  if (mode === "queue" && turn === view.you.seat) return turn_ends_ms === null ? null : Math.max(0, turn_ends_ms - nowMs);
  const share = shares.find(({ seat }) => seat === view.you.seat);
  return share === undefined ? null : share.left_s * 1000;
}

/** What somebody has offered to say and the teacher has not heard yet, the longest waiting first. @param {View} view @returns {Offer[]} */
export function openOffers(view) {
  return view.offers.filter(({ state }) => state === "asked" || state === "yes" || state === "speaking");
}
