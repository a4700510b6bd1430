// Die Wörter für zwei Versuche nebeneinander. Die Schlüssel von `rows` sind die von docs/talk.md.

import { number, position } from "../formats.js";

/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`;
/** @param {number} s */
const seconds = (s) => `${number(s)} s`;
/** @param {number} count */
const times = (count) => String(count);

export const compare = {
  play: "Beide abspielen",
  pause: "Beide anhalten",
  speed: "Tempo",
  sound: "Ton vom",
  first: "ersten Versuch",
  second: "zweiten Versuch",
  places: "Stellen, die zusammengehören",
  how: "Wählen Sie eine, um sie in beiden zu sehen. Bewegen Sie jeden Film für sich und legen Sie selbst zwei Stellen zusammen; nur dieses Gerät merkt sie sich.",
  put: "Diese beiden Stellen zusammenlegen",
  /** @param {{ title: string, first: number, second: number }} pair */
  pair: ({ title, first, second }) => `${title || "Zusammen"}: ${position(first)} | ${position(second)}`,
  apart: "Wieder trennen",
  /** @param {{ first: number, second: number }} pair */
  apartOf: ({ first, second }) => `${position(first)} und ${position(second)} wieder trennen`,
  talkTitle: "Wer wann sprach, in beiden",
  noTalk: "Für diese Aufnahmen lässt sich nicht sagen, wer wann sprach.",
  what: "Was",
  counted: "Wie wird das gezählt?",
};

export const rows = {
  teacher_share: { label: "Ihr Anteil am Gesagten", value: percent },
  teacher_clock_share: { label: "Ihr Anteil an der Zeit", value: percent },
  silence_share: { label: "Niemand spricht", value: percent },
  longest_stretch_s: { label: "Längste Strecke ohne die anderen", value: seconds },
  wait_1_s: { label: "Stille nach einer Frage", value: seconds },
  wait_2_s: { label: "Stille nach einer Antwort", value: seconds },
  pause_s: { label: "Stille, bevor jemand anderes spricht", value: seconds },
  long_pauses: { label: "Wie oft 3 s Stille nach Ihnen", value: times },
  overlap_s: { label: "Mehrere sprechen zugleich", value: seconds },
  takeovers: { label: "Jemand übernimmt das Wort", value: times },
};
