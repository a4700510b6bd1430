// Places in a film as addresses name them (Media Fragments, temporal): #t=12.5, #t=12.5,20, #t=1:05. Times are ms of the film.

/** @typedef {{ start: number, end: number }} Range */
/** @typedef {{ atMs: number, range: Range | null }} Place */

const FRAGMENT = /(?:^#|&)t=(?:npt:)?([\d:.]*)(?:,([\d:.]+))?(?:&|$)/;
const CLOCK = /^(?:(?:(\d+):)?(\d{1,2}):)?(\d+(?:\.\d*)?)$/;

/** @param {string} hash @returns {Place | null} null: it names no place */
export function placeIn(hash) {
  const [, from = "", to] = FRAGMENT.exec(decodeURIComponentSafely(hash)) ?? [];
  const start = from === "" && to !== undefined ? 0 : msOf(from);
  if (start === null) return null;
  const end = to === undefined ? null : msOf(to);
  return { atMs: start, range: end !== null && end > start ? { start, end } : null };
}

/** The hash for this place. @param {Place} place */
export function hashOf({ atMs, range }) {
  return `#t=${range === null ? seconds(atMs) : `${seconds(range.start)},${seconds(range.end)}`}`;
}

/** @param {string} clock */
function msOf(clock) {
  const found = CLOCK.exec(clock);
  if (found === null) return null;
  const [, hours = 0, minutes = 0, s] = found;
  return Math.round((Number(hours) * 3600 + Number(minutes) * 60 + Number(s)) * 1000);
}

/** @param {number} ms */
function seconds(ms) {
  return String(Number((ms / 1000).toFixed(2)));
}

/** @param {string} text */
function decodeURIComponentSafely(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}
