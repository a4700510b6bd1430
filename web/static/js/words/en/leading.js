// Words of the one who leads, in English.

import { dayAndTime, names, time } from "../formats.js";
import { length } from "./common.js";

/** @param {string} name */
const whose = (name) => (/[sxz]$/i.test(name) ? `${name}’` : `${name}’s`);

export const strip = {
  region: "Leading",
  /** @param {string} title @param {number} ms */
  ends: (title, ms) => `${title}, ends ${time(ms)}`,
  /** @param {string} title */
  byItself: (title) => `then “${title}” by itself`,
  /** @param {string} title */
  after: (title) => `then “${title}”`,
  /** @param {string} name @param {string} next a name, or the next step */
  turn: (name, next) => (next ? `${name} speaks, then ${next} by itself` : `${name} speaks, then the end`),
  /** @param {number} ms */
  together: (ms) => `together again ${time(ms)}`,
  closes: "then the end",
  runsByItself: "This round runs by itself.",
  /** @param {number} seconds */
  more: (seconds) => (seconds < 60 ? `+${seconds} s` : `+${length(seconds)}`),
  /** @param {number} seconds */
  less: (seconds) => (seconds < 60 ? `−${seconds} s` : `−${length(seconds)}`),
  /** @param {number} seconds */
  moreAloud: (seconds) => `${length(seconds)} longer`,
  /** @param {number} seconds */
  lessAloud: (seconds) => `${length(seconds)} shorter`,
  hold: "Hold the clock",
  goOn: "Let the clock run",
  back: "Back one step",
  /** @param {string} name */
  card: (name) => `Show ${name} a card`,
  quiet: "Leading",
  clock: "Clock",
  missing: "Somebody is missing",
  rest: "More",
  /** @param {readonly string[]} missing */
  notHere: (missing) => `Not here: ${names(missing)}`,
  /** @param {readonly string[]} silent */
  notHeard: (silent) => `Not heard yet: ${names(silent)}`,
  /** @param {string} name */
  addTurn: (name) => `Give ${name} a turn`,
  handOver: "Hand over the lead",
  /** @param {string} name */
  handOverTo: (name) => `${name} leads from now on`,
  nobodyToLead: "Nobody else is here.",
};

export const cards = {
  two_minutes: "2 minutes left",
  cannot_hear: "We can’t hear you",
  cannot_see_slides: "Slides not visible",
};

export const undo = {
  time: "The time is changed.",
  turn: "The turn is changed.",
  order: "The order is changed.",
  step: "We went on.",
  hold: "The clock is held.",
  button: "Undo",
};

export const pace = {
  onTime: "On time.",
  /** @param {number} seconds */
  behind: (seconds) => `${length(seconds)} behind.`,
  /** @param {number} seconds */
  ahead: (seconds) => `${length(seconds)} ahead.`,
  /** @param {number} seconds */
  everybody: (seconds) => `Everybody keeps ${length(seconds)}.`,
  /** @param {number} ms */
  ends: (ms) => `We end ${time(ms)}.`,
};

export const desk = {
  title: "Before you start",
  hint: "Move a name with the pointer, with the arrow buttons, or with the arrow keys.",
  /** @param {string} name */
  up: (name) => `${name} earlier`,
  /** @param {string} name */
  down: (name) => `${name} later`,
  /** @param {string} name @param {number} place */
  moved: (name, place) => `${name} teaches in place ${place} now.`,
  colleagues: "Does not teach today",
  teaches: "Teaches",
  teachesNot: "Does not teach",
  /** @param {string} name */
  nowTeaches: (name) => `${name} teaches today.`,
  /** @param {string} name */
  nowTeachesNot: (name) => `${name} does not teach today.`,
  about: time,
  opened: "here",
  media: "sound and picture",
  card: "lesson card",
  /** @param {string} what @param {boolean | null} done */
  tick: (what, done) => (done ? `${what}: yes` : `${what}: not yet`),
  /** @param {number} count */
  leftOut: (count) => (count === 1 ? "1 voice is left out" : `${count} voices are left out`),
  invite: "Copy the invitation link",
  more: "More",
};

export const disk = {
  low: "The disk of the server is nearly full: a lesson may not fit.",
  full: "The disk of the server is full: nothing can be recorded now.",
  stopped: "Recording has stopped: the disk of the server is full. The lesson goes on.",
  goesOn: "Recording goes on.",
};

export const lead = {
  nobody: "Nobody leads at the moment.",
  take: "I lead now",
};

export const missing = {
  title: "Somebody is missing",
  /** @param {string} name */
  late: (name) => `${name} is not here yet.`,
  /** @param {string} name */
  away: (name) => `${whose(name)} line dropped. The time is held.`,
  /** @param {string} name */
  later: (name) => `${name} first`,
  laterPlain: "The next teacher first",
  /** @param {string} name */
  laterThen: (name) => `${name} teaches after that.`,
  restart: "Teach it again from the beginning",
  restartWhat: "What was recorded stays.",
  without: "Go on without this round",
  /** @param {string} name */
  withoutWhat: (name) => `${name} does not teach today.`,
  wait: "Wait",
  waitWhat: "Nothing changes; everybody can talk.",
  /** @param {number} ms */
  ends: (ms) => `We end about ${time(ms)}.`,
  nobody: "Everybody is here.",
  colleague: "A colleague who is missing costs nobody any time: a turn moves to the end of the row by itself.",
  /** @param {readonly string[]} missing */
  colleagues: (missing) => `Not here: ${names(missing)}.`,
};

export const claims = {
  /** @param {string} name */
  asks: (name) => `${name} asks to come in on another device.`,
  yours: "Somebody asks to come in as you, on another device. Is it you?",
  yes: "Yes, let them in",
  yesYours: "Yes, that is me",
  no: "No",
};

export const nextTime = {
  title: "Next time",
  plan: "When do we meet next, and who teaches?",
  date: "Date",
  at: "Time",
  minutes: "Minutes",
  teachers: "Who teaches",
  save: "Settle it",
  change: "Change it",
  /** @param {number} ms @param {number} minutes */
  when: (ms, minutes) => `${dayAndTime(ms)}, ${length(minutes * 60)}`,
  /** @param {readonly string[]} teachers */
  teaches: (teachers) => (teachers.length === 1 ? `${names(teachers)} teaches` : `${names(teachers)} teach`),
  nobodyYet: "Who teaches is open.",
  calendar: "Put it in my calendar",
  open: "Not settled yet.",
  past: "This time is over already.",
};

export const spent = {
  title: "How the time went",
  /** @param {number} planned @param {string} used */
  both: (planned, used) => `${length(planned)} planned, ${used}`,
  /** @param {number} seconds */
  used: (seconds) => `${length(seconds)} used`,
  skipped: "skipped",
  /** @param {string} title @param {string} name */
  of: (title, name) => `${title} (${name})`,
  thanksTitle: "A message to everybody",
  copy: "Copy the message",
  /** @param {readonly string[]} teachers @param {string} next */
  thanks: (teachers, next) =>
    `Thank you all for today${teachers.length ? `, and ${names(teachers)} for teaching` : ""}. Each recording belongs to whoever taught.${next ? ` Next time: ${next}.` : ""}`,
};

export const consultants = {
  title: "Consultant in the room",
};

export const costs = {
  title: "Others would have less time",
  /** @param {number} before @param {number} after @param {number} ms */
  question: (before, after, ms) =>
    `Everybody who still teaches would have ${length(after)} instead of ${length(before)}; we would end ${time(ms)}. Do it?`,
  yes: "Do it",
  no: "No",
};

export const heard = {
  title: "Who was heard",
  /** @param {string} name */
  round: (name) => `${whose(name)} round`,
  /** @param {number} number */
  roundNumber: (number) => `Round ${number}`,
  seconds: length,
  rules: "What we had agreed",
  kept: {
    everybody_heard: "every colleague was heard",
    teacher_first: "whoever taught spoke first",
    alike: "all rounds had the same time",
    on_time: "we ended on time",
  },
  /** @param {readonly string[]} people */
  notHeard: (people) => `not heard: ${names(people)}`,
  notAllHeard: "not every colleague was heard",
  notFirst: "whoever taught did not speak first",
  /** @param {number} seconds */
  notAlike: (seconds) => `rounds differed by up to ${length(seconds)}`,
  /** @param {number} seconds */
  notOnTime: (seconds) => `we ended ${length(seconds)} later than promised`,
};
