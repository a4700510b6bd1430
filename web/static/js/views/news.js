// What has just changed among the people and cannot be seen from one view alone, in a few words.

import { isLesson, nameOf } from "../reading.js";
import * as words from "../words.js";

/** @import { View } from "../protocol.js" */

const { where, turns } = words.writing;

/**
 * @param {View | null} before
 * @param {View} view
 * @returns {string} nothing when there is nothing to tell
 */
export function newsOf(before, view) {
  if (before === null || before.phase.part !== "round" || before.phase.round !== view.phase.round) return "";
  return newTeacher(before, view) || laterTurn(before, view);
}

/** @param {View} before @param {View} view */
function newTeacher(before, view) {
  const late = view.people.find((person) => person.seat === before.teacher);
  const swapped = isLesson(view) && late !== undefined && late.seat !== view.teacher;
  return swapped && !late.here && (late.teaches ?? -1) > view.phase.round ? where.instead(late.name, nameOf(view, view.teacher)) : "";
}

/** @param {View} before @param {View} view */
function laterTurn(before, view) {
  const spoke = before.floor.turn;
  const last = view.floor.next.at(-1);
  return spoke !== null && spoke !== view.floor.turn && spoke === last ? turns.later(nameOf(view, spoke)) : "";
}
