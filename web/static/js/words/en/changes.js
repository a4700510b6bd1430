// Words about what was taken out of a recording, and about one that is deleted, in English.

/** @param {number} count */
const voices = (count) => (count === 1 ? "one voice was taken out" : `${count} voices were taken out`);

export const news = {
  gone: "This recording was deleted for good.",
  /** @param {number} count */
  voices: (count) => `This recording was changed: ${voices(count)}.`,
  picture: "This recording was changed: your picture was taken out.",
  screen: "This recording was changed: the screen was taken out.",
  silent: "The sound is being made again. It comes back by itself in a moment.",
};

export const parts = {
  picture: { leaving: "Your picture is being taken out …", out: "Your picture is not in it any more." },
  screen: { leaving: "The screen is being taken out …", out: "The screen is not in it any more." },
};

export const voice = {
  /** @param {number} count */
  isIn: (count) => (count === 1 ? "Your voice is in 1 recording." : `Your voice is in ${count} recordings.`),
  look: "Look, or take it out",
};
