// What is large, what is beside it and what is open, for each role: a pure function of what is known. No page, no words.

import { absent, isTeacher, may, onlyTeaches, situationOf } from "../reading.js";

/** @import { View } from "../protocol.js" */
/** @typedef {"faces" | "picture" | "panel" | "film"} Main what is large; `picture` is a slide or a screen, `film` one that all watch together */
/** @typedef {{ main: Main, second: "faces" | "picture" | null }} Layout */

const WITHOUT_FACES = new Set(["writing", "ended", "own_time"]);
/** Where speaking is given in another way, or nobody hears it. */
const WITHOUT_HAND = new Set(["turn", "teacher", "permission", "spokesperson", "own_time"]);
/** Where a slide or a screen is what it is about; later in the round it is the people who speak. */
const ABOUT_THE_PICTURE = new Set(["before", "lesson", "lesson_waiting"]);

/** @param {View} view @param {boolean} [together] there is a film that all watch @returns {Layout} */
export function layoutOf(view, together = false) {
  const situation = situationOf(view);
  if (together && situation !== "ended" && shownBy(view) === null) return { main: "film", second: "faces" };
  if (WITHOUT_FACES.has(situation)) return { main: "panel", second: null };
  if (shownBy(view) === null) return { main: "faces", second: null };
  const teaching = isTeacher(view) && situation !== "before";
  const picture = ABOUT_THE_PICTURE.has(situation) && !teaching;
  return picture ? { main: "picture", second: "faces" } : { main: "faces", second: "picture" };
}

/** Whose slide or screen everybody sees now. @param {View} view */
export function shownBy(view) {
  return view.screen ?? view.slide?.seat ?? null;
}

/** A lesson is where the class chat belongs; elsewhere it is opened by hand. @param {View} view */
export function chatOpensByItself(view) {
  return ["lesson", "lesson_waiting"].includes(situationOf(view)) && view.people.length > 1;
}

/** Where everybody is asked in turn nobody has to ask for it. @param {View} view */
export function offersHand(view) {
  const up = view.people.some((person) => person.seat === view.you.seat && person.hand_ms !== null);
  const situation = situationOf(view);
  if (situation === "queue" && view.floor.turn === view.you.seat) return false;
  return up || (may(view, "raise_hand") && !WITHOUT_HAND.has(situation));
}

/** Whether there is an answer to somebody's absence that is not offered by itself. @param {View} view */
export function offersMissing(view) {
  return !onlyTeaches(view) && absent(view).length > 0 && view.missing === null;
}

/**
 * On a phone the quiet buttons of the one who leads share a row, unless there are too many of them.
 * @param {View} view
 * @returns {"devices" | "actions" | null}
 */
export function stripBeside(view) {
  if (!view.you.leads || offersMissing(view)) return null;
  if (!offersHand(view) && !hasChat(view)) return "devices";
  return situationOf(view) === "turn" ? null : "actions";
}

/** Whether there is a chat to read or to write in. @param {View} view */
export function hasChat(view) {
  if (WITHOUT_FACES.has(situationOf(view)) || view.alone) return false;
  return view.chat.length > 0 || view.you.may.includes("chat");
}
