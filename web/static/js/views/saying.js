// What the one who leads can say now, beside what everybody in the same part reads.

import * as words from "../words.js";

/** @import { View } from "../protocol.js" */

/** In a round it tells what to do, and alone there is nobody to say it to. @param {View} view */
export function sayingOf(view) {
  const { say_lead, part } = view.phase;
  return say_lead === "" || part === "round" || view.alone ? say_lead : words.writing.where.say(say_lead);
}
