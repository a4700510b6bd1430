// Words about what was taken out of a recording, and about one that is deleted, in German.

/** @param {number} count */
const voices = (count) => (count === 1 ? "eine Stimme wurde herausgenommen" : `${count} Stimmen wurden herausgenommen`);

export const news = {
  gone: "Diese Aufnahme wurde endgültig gelöscht.",
  /** @param {number} count */
  voices: (count) => `Diese Aufnahme wurde geändert: ${voices(count)}.`,
  picture: "Diese Aufnahme wurde geändert: Ihr Bild wurde herausgenommen.",
  screen: "Diese Aufnahme wurde geändert: Der Bildschirm wurde herausgenommen.",
  silent: "Der Ton wird neu erstellt. Er ist gleich von selbst wieder da.",
};

export const parts = {
  picture: { leaving: "Ihr Bild wird herausgenommen …", out: "Ihr Bild ist nicht mehr darin." },
  screen: { leaving: "Der Bildschirm wird herausgenommen …", out: "Der Bildschirm ist nicht mehr darin." },
};

export const voice = {
  /** @param {number} count */
  isIn: (count) => (count === 1 ? "Ihre Stimme ist in 1 Aufnahme." : `Ihre Stimme ist in ${count} Aufnahmen.`),
  look: "Ansehen oder herausnehmen",
};
