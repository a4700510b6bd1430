// Words of the player of a recording, in English.

import { names, number, position } from "../formats.js";

/** @param {number} count @param {string} one @param {string} many */
const counted = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;
/** @param {number} ms */
const spoken = (ms) => {
  const s = Math.floor(ms / 1000);
  const parts = [s >= 60 ? counted(Math.floor(s / 60), "minute", "minutes") : "", s % 60 || s < 60 ? counted(s % 60, "second", "seconds") : ""];
  return names(parts.filter(Boolean));
};

export const control = {
  region: "Player",
  play: "Play",
  pause: "Pause",
  back: "Back 10 seconds",
  forward: "Forward 10 seconds",
  frameBack: "One picture back",
  frameForward: "One picture forward",
  previousNote: "Previous note or moment",
  nextNote: "Next note or moment",
  previousChapter: "Previous part of the lesson",
  nextChapter: "Next part of the lesson",
  speed: "Speed",
  /** @param {string} times */
  times: (times) => `${times}×`,
  loop: "Repeat",
  mute: "Sound off",
  sound: "Sound on",
  volume: "Volume",
  more: "More",
  fullScreen: "Full screen",
  fullScreenEnd: "Leave full screen",
  soundOnly: "Sound only",
  hideMine: "Hide my picture",
  hideFace: "Hide the picture of the teacher",
  begin: "Begin a part here",
  end: "End the part here",
  copyLink: "Copy a link to this place",
  pauses: "Pause while I write",
  keys: "Keys",
};

export const line = {
  label: "Place in the recording",
  /** @param {number} atMs @param {number} durationMs @param {string} chapter */
  at: (atMs, durationMs, chapter) => `${spoken(atMs)} of ${spoken(durationMs)}${chapter && `, ${chapter}`}`,
  ticks: "Notes and moments in the recording",
  chapters: "Parts of the lesson",
  /** @param {string} title @param {number} atMs */
  chapter: (title, atMs) => `${title}, from ${position(atMs)}`,
  stills: "Pictures to begin at",
  /** @param {number} ms */
  still: (ms) => `From ${position(ms)}`,
  kind: { note: "Note", worked: "Worked", change: "Would change", question: "Question", moment: "Moment", review: "Consultant" },
  /** @param {string} kind @param {string} label @param {number} atMs @param {number | null} endMs */
  tick: (kind, label, atMs, endMs) => `${kind}, ${position(atMs)}${endMs === null ? "" : ` to ${position(endMs)}`}${label && `: ${label}`}`,
};

export const part = {
  /** @param {number} startMs @param {number} endMs */
  chosen: (startMs, endMs) => `Part ${position(startMs)}–${position(endMs)}`,
  clear: "Clear",
  copyLink: "Copy a link to it",
};

export const said = {
  /** @param {string} times */
  speed: (times) => `Speed ${times}×`,
  loopOn: "Repeats",
  loopOff: "Does not repeat",
  copied: "Copied. The link opens only for people who may watch.",
  noNote: "No further note or moment",
  cleared: "No part is chosen",
};

export const help = {
  title: "Keys of the player",
  keys: [
    ["Space, K", "Play or pause"],
    ["J, L", "Back or forward 10 seconds"],
    ["← →", "Back or forward 5 seconds, with Shift 1 second"],
    [", .", "One picture back or forward, paused"],
    ["< >", "Slower or faster"],
    ["P, Shift + N", "Previous or next note or moment"],
    ["N", "New note at this place"],
    ["[ ] or I O", "Begin or end a part here"],
    ["R", "Repeat the part, or all"],
    ["Esc", "No part"],
    ["M", "Sound off or on"],
    ["F", "Full screen"],
    ["Home, End", "Beginning or end, when the player has the focus"],
    ["?", "These keys"],
  ],
  letters: "Use keys with a single letter or sign",
  lettersWhy: "Switch them off if you speak to your computer or press keys by mistake. Remembered on this device.",
  close: "Close",
};
