// What is said in place of a recording that cannot be seen any more. Its teacher deletes; for everybody else she stops sharing.

import * as words from "../words.js";

/** @import { FilmData } from "./film.js" */

/** @param {FilmData} data */
export function goneWords({ why, you }) {
  const { gone } = words.changes.news;
  return you.use === "own" || why === "deleted" ? gone : words.watchers.over[why ?? "ended"](you.teacher_name);
}
