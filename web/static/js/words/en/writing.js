// Words of writing, feedback and closing, and of the sentence that says where we are, in English.

import { names, position, time } from "../formats.js";

/** @param {string} name */
const whose = (name) => (/[sxz]$/i.test(name) ? `${name}’` : `${name}’s`);

export const where = {
  yourCountIn: "Your lesson begins",
  /** @param {string} name */
  countIn: (name) => `${whose(name)} lesson begins`,
  held: "The clock is held",
  /** @param {string} name */
  heldBy: (name) => `${name} holds the clock`,
  /** @param {string} name */
  dropped: (name) => `${whose(name)} line dropped. The time is held`,
  yourTimeHeld: "Your line dropped. Your time is held",
  resuming: "The clock runs again",
  standsStill: "held",
  /** @param {number} ms */
  listening: (ms) => `Listening until ${time(ms)}, then you have the last word`,
  listeningPlain: "You listen now; then you have the last word",
  /** @param {number} seconds */
  youSoon: (seconds) => `You speak next, in ${seconds} s`,
  comeQuietly: "A lesson is running. You come in quietly.",
  cameLate: "You came in later: you listen in this round.",
  runsByItself: "This round runs by itself.",
  /** @param {string} late @param {string} first */
  instead: (late, first) => `${late} is on the way; we begin with ${first}.`,
  alone: "Nobody else is here.",
  /** @param {string} teacher */
  awaited: (teacher) => `${teacher} is not here yet`,
  /** @param {string} words */
  say: (words) => `Say: ${words}`,
  takeAway: "One thing each: what do you take for your own teaching?",
};

export const recorded = {
  willYours: "Your lesson will be recorded – only you can watch it",
  /** @param {string} name */
  will: (name) => `${whose(name)} lesson will be recorded – only ${name} can watch it`,
  never: "This lesson is not recorded.",
  stop: "Stop recording",
  rests: "Nothing is recorded while the clock is held.",
  full: "Nothing is recorded: the disk of the server is full.",
  stopped: "Recording stopped.",
};

export const turns = {
  /** @param {string} name */
  typed: (name) => `${name} writes:`,
  youWrite: "You write now, everybody reads",
  yourTyped: "Everybody reads what you write here.",
  nothingYet: "…",
  row: "Who speaks when",
  speaking: "speaking now",
  next: "next",
  done: "heard",
  notes: "Your notes for your turn",
  nothing: "You have written nothing; you can say it.",
  time: "Your time",
  pass: "Pass",
  /** @param {string} name */
  later: (name) => `${name} later.`,
  notHereLater: "Not here – later",
  nobodyElse: "Nobody else – go on",
};

export const writing = {
  allRead: "Everybody reads this.",
  cardRead: "Your colleagues read this in your round. What is marked as yours alone stays with you.",
  onlyYou: "Only you see this.",
  /** @param {string} label @param {string} at */
  momentLine: (label, at) => `One line on “${label}”, ${at}`,
  moment: "One line on this moment",
  stills: "Slides of this lesson: choose a moment",
  /** @param {number} page @param {number} ms */
  still: (page, ms) => `Slide ${page + 1}, at ${position(ms)}`,
  watchFor: "Please watch for",
  starters: "Words to begin with",
  nudge: "You have written no suggestion and noted no moment. One line helps.",
  nudgePlain: "You have written nothing yet. One line helps.",
  readyAnyway: "Ready anyway",
  previousCard: "Previous card",
  nextCard: "Next card",
  /** @param {number} card @param {number} cards */
  card: (card, cards) => `${card} of ${cards}`,
  chooseTitle: "From your colleagues: choose one",
  /** @param {string} text @param {string} name */
  choose: (text, name) => `“${text}” (${name})`,
  decideLater: "Decide later, alone",
  /** @param {string} name @param {number} hours */
  later: (name, hours) => `You can still write to ${name}, until ${hours < 48 ? `${hours} hours` : `${Math.round(hours / 24)} days`} after the session. Only ${name} reads it.`,
};

export const received = {
  keep: "Keep",
  /** @param {string} name */
  keepOf: (name) => `Keep the suggestion from ${name}`,
  /** @param {string} name */
  notWritten: (name) => `${name} has not written; it can be said.`,
  title: "From your colleagues",
};

export const card = {
  /** @param {string} name */
  of: (name) => `${whose(name)} lesson`,
  /** @param {string} learners */
  youAre: (learners) => `You are a learner now: ${learners}`,
  goal: "By the end they can",
};

export const shared = {
  /** @param {readonly string[]} others */
  asked: (others) =>
    `You share one microphone with ${names(others)}, who asked to be left out. One voice cannot be taken out of a shared microphone, so all of you are left out.`,
};

export const stopped = {
  title: "Your recording was stopped",
  what: "It is there up to the moment when you stopped it. Only you can watch it.",
  keep: "Keep it for me",
  remove: "Delete it",
  sure: "Delete this recording for good? Nobody can bring it back.",
  yes: "Yes, delete it for good",
  no: "No, keep it",
  deleted: "This recording is deleted.",
};

/** Who reads it, and from when on; no name means everybody. @satisfies {Record<import("../../protocol.js").ReadFrom, (name: string) => string>} */
export const reads = {
  turn: (/** @type {string} */ name) => `Only you see this now. ${name || "Everybody"} reads it when your turn starts.`,
  phase_end: (/** @type {string} */ name) => `Only you see this now. ${name || "Everybody"} reads it when this step is over.`,
  round_end: (/** @type {string} */ name) => `Only you see this now. ${name || "Everybody"} reads it when the round is over.`,
  at_once: (/** @type {string} */ name) => `${name || "Everybody"} reads this as you write it.`,
};
