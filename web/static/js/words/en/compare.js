// Words of two tries side by side, in English. The keys of `rows` are those of docs/talk.md.

import { number, position } from "../formats.js";

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`;
/** @param {number} s */
const seconds = (s) => `${number(s)} s`;
/** @param {number} count */
const times = (count) => String(count);

export const compare = {
  play: "Play both",
  pause: "Pause both",
  speed: "Speed",
  sound: "Sound from the",
  first: "first try",
  second: "second try",
  places: "Places that belong together",
  how: "Choose one to see it in both. Move each film on its own and put two places together yourself; only this device remembers them.",
  put: "Put these two places together",
  /** @param {{ title: string, first: number, second: number }} pair */
  pair: ({ title, first, second }) => `${title || "Together"}: ${position(first)} | ${position(second)}`,
  apart: "Take apart",
  /** @param {{ first: number, second: number }} pair */
  apartOf: ({ first, second }) => `Take apart ${position(first)} and ${position(second)}`,
  talkTitle: "Who spoke when, in both",
  noTalk: "For these recordings it cannot be said who spoke when.",
  what: "What",
  counted: "How is this counted?",
};

export const rows = {
  teacher_share: { label: "Your share of what is said", value: percent },
  teacher_clock_share: { label: "Your share of the time", value: percent },
  silence_share: { label: "Nobody speaks", value: percent },
  longest_stretch_s: { label: "Longest stretch without colleagues", value: seconds },
  wait_1_s: { label: "Quiet after a question", value: seconds },
  wait_2_s: { label: "Quiet after an answer", value: seconds },
  pause_s: { label: "Quiet before a colleague", value: seconds },
  long_pauses: { label: "Times of 3 s quiet after you", value: times },
  overlap_s: { label: "Several speak at once", value: seconds },
  takeovers: { label: "Somebody takes over", value: times },
};
