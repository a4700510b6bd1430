// Times, numbers and lists as the page's language writes them.

const LOCALE = document.documentElement.lang === "de" ? "de" : "en-GB";
const clockTime = new Intl.DateTimeFormat(LOCALE, { hour: "2-digit", minute: "2-digit" });
const dayTime = new Intl.DateTimeFormat(LOCALE, { weekday: "long", day: "numeric", month: "long", hour: "2-digit", minute: "2-digit" });
const listOfNames = new Intl.ListFormat(LOCALE, { type: "conjunction" });
const twoDecimals = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 2 });
const oneDecimal = new Intl.NumberFormat(LOCALE, { maximumFractionDigits: 1 });

/** @param {number} ms UTC milliseconds */
export const time = (ms) => clockTime.format(ms);
/** @param {number} ms UTC milliseconds */
export const dayAndTime = (ms) => dayTime.format(ms);
/** @param {readonly string[]} names */
export const names = (names) => listOfNames.format(names);
/** @param {number} value */
export const number = (value) => oneDecimal.format(value);
/** @param {number} value */
export const decimal = (value) => twoDecimals.format(value);
/** @param {number} ms a place in a lesson or film */
export const position = (ms) => minutesAndSeconds(Math.max(0, Math.floor(ms / 1000)));
/** @param {number} ms what is left of a time */
export const remaining = (ms) => minutesAndSeconds(Math.max(0, Math.ceil(ms / 1000)));

/** @param {number} seconds */
function minutesAndSeconds(seconds) {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
