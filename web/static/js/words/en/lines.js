// How somebody's connection is, and what helps.

import { names } from "../formats.js";

export const line = {
  badge: {
    /** @param {string} name */
    fair: (name) => `The connection of ${name} is not quite steady`,
    /** @param {string} name */
    poor: (name) => `The connection of ${name} is weak`,
    /** @param {string} name */
    lost: (name) => `The connection of ${name} is interrupted`,
  },
  own: {
    fair: "Your own connection is not quite steady",
    poor: "Your own connection is weak",
    lost: "Your own connection is interrupted",
  },
  up: {
    fair: "Your connection is not quite steady: others may see you less clearly now and then.",
    poor: "Your connection is weak: others may see you stutter and hear you with gaps.",
  },
  down: {
    fair: "Your connection is not quite steady: what you see may stand still now and then.",
    poor: "Your connection is weak: you may see others stutter and hear them with gaps.",
  },
  both: {
    fair: "Your connection is not quite steady, in both directions: pictures may stand still now and then.",
    poor: "Your connection is weak in both directions: you and the others may hear and see each other with gaps.",
  },
  reduced: "Pictures are smaller now, so that voices stay clear.",
  busy: "This server has much to do: pictures are smaller now, so that voices stay clear.",
  slow: "Your device is at its limit: pictures may stutter. It helps to close other programs and windows.",
  helps: "What helps",
  remedies: [
    "Move nearer to the Wi-Fi router, or plug in a network cable.",
    "Close other videos, calls and downloads, also those of others in your home.",
    "Switch your camera off for a while. Your voice comes first, and everything but sound and picture goes on anyway.",
  ],
  cameraOff: "Switch my camera off",
  hide: "Hide",
  /** @param {string} name */
  suggested: (name) => `${name} suggests that you switch your camera off for a while, so that your voice comes through clearly.`,
  leading: {
    /** @param {string} name */
    up: (name) => `${name} reaches the others with gaps`,
    /** @param {string} name */
    down: (name) => `${name} hears and sees the others with gaps`,
    /** @param {string} name */
    both: (name) => `The connection of ${name} is weak in both directions`,
    /** @param {number} count */
    more: (count) => (count === 1 ? "and one more person with a weak connection" : `and ${count} more people with a weak connection`),
    suggest: "Suggest: camera off",
    /** @param {string} name */
    suggestAloud: (name) => `Suggest: camera off (${name})`,
    /** @param {string} name */
    done: (name) => `${name} has been told.`,
  },
  after: {
    title: "Connections",
    /** @param {string} name @param {number} minutes */
    weak: (name, minutes) => `The connection of ${name} was weak for ${minutes === 1 ? "a minute" : `${minutes} minutes`}.`,
    /** @param {string} name @param {number} minutes @param {number} times */
    both: (name, minutes, times) =>
      `The connection of ${name} was weak for ${minutes === 1 ? "a minute" : `${minutes} minutes`} and was made again ${often(times)}.`,
    /** @param {string} name @param {number} times */
    again: (name, times) => `The connection of ${name} was made again ${often(times)}.`,
    /** @param {readonly string[]} people */
    advice: (people) => `Before the next session it helps to talk with ${names(people)} about a cable or a better place.`,
  },
};

/** @param {number} times */
function often(times) {
  return times === 1 ? "once" : times === 2 ? "twice" : `${times} times`;
}
