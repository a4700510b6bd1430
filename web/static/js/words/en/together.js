// Words of a divided group, of the second try, and of who may speak, in English.

import { names, position, remaining, time } from "../formats.js";

export const lanes = {
  alone: "Nobody can hear or see you",
  /** @param {readonly string[]} near */
  onlyWith: (near) => `Only ${names(near)} can hear and see you.`,
  /** @param {number | null} ms */
  amongThemselves: (ms) =>
    ms === null ? "Your colleagues talk among themselves." : `Your colleagues talk among themselves and you meet again at ${time(ms)}.`,
  /** @param {readonly string[]} others @param {number | null} ms */
  cannotHear: (others, ms) => `${names(others)} cannot hear you${ms === null ? "" : ` until ${time(ms)}`}`,
  early: "All meet again sooner if everybody is ready.",
  over: "You have finished",
  meet: "All meet again when the others have finished.",
  /** @param {number} ms */
  meetAt: (ms) => `All meet again at ${time(ms)}.`,
  goBack: "I’m ready to go back",
  ready: "Ready to meet again",
  meetNow: "All meet again now",
  /** @param {string} title @param {readonly string[]} people */
  place: (title, people) => `${title}: ${names(people)}`,
  /** @param {readonly string[]} people */
  ownTimeOf: (people) => `${names(people)}: own time`,
};

export const ownTime = {
  region: "Your recording",
  notRecorded: "This lesson was not recorded, so there is nothing to watch. Take the time for two questions, and perhaps a glass of water.",
  withoutFilm: "You need not watch. Take the time for two questions, and perhaps a glass of water.",
  paused: "It does not play by itself. Start it when you like.",
  soon: "You meet again in a moment. The recording is paused; what you wrote is kept.",
  earphones: "Somebody else is in your room: use earphones.",
  points: "Where to begin",
  opening: "Opening",
  /** @param {number} ms */
  from: (ms) => `From ${position(ms)}`,
  lastMinutes: "Last two minutes",
  how: "How you watch",
  speed: "Speed",
  /** @param {string} times */
  times: (times) => `${times}×`,
  soundOnly: "Sound only",
  hidePicture: "Hide my picture",
  worked: "A moment that worked",
  differently: "A moment I’d change",
  ratherNot: "I’d rather not watch",
  watchAfterAll: "Watch it after all",
};

export const list = {
  title: "What we found together",
  ofColleagues: "What your colleagues found together",
  spoken: "What you say for all",
  add: "Add a line",
  addButton: "Add",
  empty: "Nothing here yet. One line each is enough.",
  meToo: "Me too",
  /** @param {number} count */
  also: (count) => `+${count}`,
  /** @param {readonly string[]} people */
  sameAs: (people) => `also ${names(people)}`,
  takeNotes: "I take notes",
  /** @param {string} name */
  takesNotes: (name) => `${name} takes notes`,
  /** @param {string} name */
  tookNotes: (name) => `${name} took notes`,
  youTake: "You take notes and say it to all afterwards",
  notAnyMore: "Somebody else",
};

export const floors = {
  /** @param {number | null} ms */
  youListen: (ms) => (ms === null ? "You listen now" : `You listen until ${time(ms)}`),
  /** @param {string} teacher */
  amongYourselves: (teacher) => `You talk with each other, ${teacher} listens`,
  youTell: "You say for all what you found together",
  /** @param {string} name */
  tells: (name) => `${name} speaks for the colleagues`,
  nobodySpeaks: "Whoever wants to speak asks first",
  youDecide: "You decide what you want to hear",
  /** @param {string} teacher */
  teacherDecides: (teacher) => `${teacher} decides which opinions to hear`,
  youMayAnswer: "You may ask back and answer.",
  youAlways: "You can always speak. Colleagues ask before they say what they think.",
  youSaidYes: "You said yes to this. You can always speak.",
  /** @param {string} teacher */
  askFirst: (teacher) => `Say what your opinion is about and ask; ${teacher} says whether to hear it.`,
  /** @param {string} teacher */
  saidYes: (teacher) => `${teacher} wants to hear this.`,
  /** @param {string} name */
  thanks: (name) => `Thank you, ${name}`,
  ask: "Ask to speak",
  askNot: "Don’t ask any more",
  /** @param {number} ms */
  ownLeft: (ms) => `You have ${remaining(ms)} left of your time`,
};

export const offers = {
  title: "Opinions",
  about: "I have an opinion about …",
  mayI: "May I?",
  /** @param {string} name @param {string} text */
  has: (name, text) => `${name} has an opinion about ${text}`,
  /** @param {string} text */
  yours: (text) => `You have an opinion about ${text}`,
  yes: "Yes, please",
  no: "No, thank you",
  /** @param {string} name */
  yesTo: (name) => `Yes, please: ${name}`,
  /** @param {string} name */
  noTo: (name) => `No, thank you: ${name}`,
  none: "Nobody has asked yet.",
  state: {
    asked: "Asked, not answered yet",
    yes: "Wanted, comes next",
    no: "Not now",
    speaking: "Speaking now",
    said: "Heard",
  },
};

export const tries = {
  first: "First try",
  second: "Second try",
  yours: "Your second try is running",
  /** @param {string} teacher */
  of: (teacher) => `${teacher} teaches again: second try`,
  yoursWaits: "Your second try is next. Start when you are ready",
  /** @param {string} teacher */
  waits: (teacher) => `${teacher} starts the second try in a moment`,
  /** @param {string} text */
  pinned: (text) => `The one thing I’m trying: ${text}`,
  /** @param {string} teacher @param {string} text */
  yourSuggestion: (teacher, text) => `${teacher} tries your suggestion: ${text}`,
  /** @param {string} teacher */
  whatYouSaid: (teacher) => `${teacher} tries your suggestion.`,
  ownWords: "Something of my own",
  watchFirst: "Watch your recording, first try",
  watchSecond: "Watch your recording, second try",
};
