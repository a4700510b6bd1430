// How the time goes, in one line: "On time. Everybody keeps 38 minutes. We end 14:52."

import * as words from "../words.js";

/** @import { Pace } from "../protocol.js" */

/** Less than this is nobody's trouble. */
const ON_TIME_S = 60;
const { pace } = words.leading;

/** @param {Pace} value */
export function paceWords({ slot_s, ends_ms, planned_ends_ms, behind_s }) {
  const late_s = Math.round(Math.abs(behind_s) / 60) * 60;
  const state = planned_ends_ms === null ? "" : late_s < ON_TIME_S ? pace.onTime : behind_s > 0 ? pace.behind(late_s) : pace.ahead(late_s);
  const slot = slot_s >= ON_TIME_S ? Math.round(slot_s / 60) * 60 : slot_s;
  return [state, slot_s > 0 ? pace.everybody(slot) : "", pace.ends(ends_ms)].filter(Boolean).join(" ");
}
