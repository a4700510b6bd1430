// Words about who spoke when in a recording, in English. Each key of `figures` and `formulas` is one of docs/talk.md.

import { decimal, number, position } from "../formats.js";

/** @param {number} seconds */
const seconds = (seconds) => (number(seconds) === "1" ? "1 second" : `${number(seconds)} seconds`);
/** @param {number} s */
const long = (s) => (s < 59.5 ? seconds(s < 10 ? s : Math.round(s)) : `${Math.trunc(Math.round(s) / 60)} min ${Math.round(s) % 60} s`);
/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`;
/** @param {number} count */
const times = (count) => (count === 1 ? "once" : count === 2 ? "twice" : `${count} times`);

export const card = {
  title: "Who spoke when",
  intro: "Only you see this. It is about this rehearsal: colleagues are not pupils.",
  loading: "One moment …",
  missing: "For this recording it cannot be said who spoke when.",
  unreachable: "The server does not answer. Close this and open it again in a moment.",
  picture: "Each row is one person; choose a bar to watch that place. With the keyboard: arrow keys, then Enter.",
  /** @param {string} name @param {number} count @param {number} s */
  row: (name, count, s) => (count === 0 ? `${name}: not heard` : `${name}: ${times(count)}, ${long(s)} altogether`),
  /** @param {string} name @param {number} atMs @param {number} s */
  bar: (name, atMs, s) => `${name}, ${position(atMs)}, ${long(s)}`,
  /** @param {string[]} list */
  notMeasured: (list) => `${list.join(", ")}: in the recording, but the browser did not say how loud it was, so nothing is counted here.`,
};

export const table = {
  people: "In figures",
  all: "Every time as a list",
  name: "Who",
  speaks: "Speaks for",
  share: "Of all that is said",
  turns: "Turns",
  mean: "A turn on average",
  longest: "Longest turn",
  longTurns: "Turns over 5 s",
  from: "From",
  length: "For",
  long,
  percent,
  /** @param {number} count */
  count: (count) => String(count),
  none: "–",
};

export const figures = {
  /** @param {number} share */
  teacher_share: (share) => `You speak ${percent(share)} of all that is said.`,
  /** @param {number} share */
  teacher_clock_share: (share) => `You speak for ${percent(share)} of the time.`,
  /** @param {number} share */
  silence_share: (share) => `For ${percent(share)} of the time nobody speaks.`,
  /** @param {number} s */
  longest_stretch_s: (s) => `The longest stretch in which no colleague says more than a word: ${long(s)}.`,
  /** @param {number} s */
  wait_1_s: (s) => `After a question it is quiet for ${seconds(s)}, typically.`,
  /** @param {number} s */
  wait_2_s: (s) => `After somebody has answered you begin again after ${seconds(s)}, typically.`,
  /** @param {number} s */
  pause_s: (s) => `When a colleague speaks after you, it has been quiet for ${seconds(s)}, typically.`,
  /** @param {number} count */
  long_pauses: (count) => (count === 0 ? "After you it is never quiet for 3 seconds." : `After you it is quiet for 3 seconds or more ${times(count)}.`),
  /** @param {number} s */
  overlap_s: (s) => (s === 0 ? "Nobody speaks at the same time as another person." : `Several people speak at once for ${long(s)}.`),
  /** @param {number} count */
  takeovers: (count) => (count === 0 ? "Nobody takes over while another person is speaking." : `Somebody takes over while another person is speaking ${times(count)}.`),
  /** @param {number} count */
  chains: (count) => (count === 0 ? "You speak after every colleague." : `Colleagues speak one after the other, without you in between, ${times(count)}.`),
  /** @param {number} count */
  longest_chain: (count) => `The longest such row: ${count} turns.`,
  /** @param {{ colleagues: number, silent: number }} distribution */
  silent: ({ colleagues, silent }) => (silent === 0 ? "Every colleague speaks." : `${silent} of ${colleagues} colleagues do not speak.`),
  /** @param {number} value */
  gini: (value) => `How unevenly the colleagues’ talk is spread: ${decimal(value)}, where 0 is all alike and 1 is one person alone.`,
  watch: "Watch it",
};

export const how = {
  title: "How is this counted?",
  header: "From the loudness that each browser sends along with the sound, 50 times a second. Nobody listens and no words are read.",
  decoded: "From the loudness of the recorded sound, as not every browser sent it along. Nobody listens and no words are read.",
  segment: "Somebody speaks where a microphone is 12 decibels above its own background for 200 ms, until it has been quiet for 400 ms. Bursts under 250 ms are left out, and so is what a microphone hears of another person in the same room.",
  caveat: "Over a line every gap is longer than in a room: two people who leave 0.3 seconds between question and answer at one table leave about 1 second in a call. Compare yourself with yourself.",
  people: "Colleagues who play pupils answer sooner and more often than pupils do. Nothing here says who was better.",
};

export const formulas = {
  teacher_share: "Your share of what is said: your seconds, divided by the seconds of all added up. Who speaks at the same time counts for each.",
  teacher_clock_share: "Your share of the time: your seconds, divided by the length of the film less its gaps.",
  silence_share: "Quiet: the time in which nobody speaks, divided by the length of the film less its gaps.",
  longest_stretch_s: "Longest stretch: from your first to your last word between two times when a colleague speaks for more than 1 second.",
  wait_1_s: "After a question: from your last word before somebody noticed a question (half a second before the tap) to the next word of anybody. The middle value of all.",
  wait_2_s: "After an answer: from the end of a colleague’s turn to your next word, where you are the next to speak. The middle value of all.",
  pause_s: "Before a colleague: from your last word to the first of a colleague, where nobody noticed a question. The middle value of all.",
  long_pauses: "3 seconds: quiet after your last word, where nobody noticed a question, whoever speaks next.",
  overlap_s: "At once: the time in which at least two people speak.",
  takeovers: "Taking over: both speak for more than half a second, and the one who began later goes on.",
  chains: "One after the other: turns of at least two different colleagues before you speak again. A turn lasts until somebody else speaks or it has been quiet for 2 seconds.",
  silent: "Colleagues who do not speak: those whose voice is in the recording and never counts as speaking.",
  gini: "Spread: the Gini coefficient of the colleagues’ seconds, you left out, times n / (n − 1) for n colleagues.",
};

export const round = {
  title: "The rest of this round",
  intro: "Only the lesson is recorded. Of the other parts the session itself noted how long they were, and who had how much time to speak in turn.",
  /** @param {string} title @param {number} s */
  phase: (title, s) => `${title}: ${long(s)}`,
  /** @param {string} name @param {number} s */
  turn: (name, s) => `${name}, in turn: ${long(s)}`,
};
