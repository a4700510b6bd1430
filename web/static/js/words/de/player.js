// Words of the player of a recording, in German.

import { names, number, position } from "../formats.js";

/** @param {number} count @param {string} one @param {string} many */
const counted = (count, one, many) => `${number(count)} ${count === 1 ? one : many}`;
/** @param {number} ms */
const spoken = (ms) => {
  const s = Math.floor(ms / 1000);
  const parts = [s >= 60 ? counted(Math.floor(s / 60), "Minute", "Minuten") : "", s % 60 || s < 60 ? counted(s % 60, "Sekunde", "Sekunden") : ""];
  return names(parts.filter(Boolean));
};

export const control = {
  region: "Abspielen",
  play: "Abspielen",
  pause: "Anhalten",
  back: "10 Sekunden zurück",
  forward: "10 Sekunden vor",
  frameBack: "Ein Bild zurück",
  frameForward: "Ein Bild vor",
  previousNote: "Vorige Notiz oder voriger Moment",
  nextNote: "Nächste Notiz oder nächster Moment",
  previousChapter: "Voriger Teil des Unterrichts",
  nextChapter: "Nächster Teil des Unterrichts",
  speed: "Tempo",
  /** @param {string} times */
  times: (times) => `${times}×`,
  loop: "Wiederholen",
  mute: "Ton aus",
  sound: "Ton an",
  volume: "Lautstärke",
  more: "Mehr",
  fullScreen: "Ganzer Bildschirm",
  fullScreenEnd: "Ganzen Bildschirm verlassen",
  soundOnly: "Nur Ton",
  hideMine: "Mein Bild ausblenden",
  hideFace: "Bild der Lehrperson ausblenden",
  begin: "Ausschnitt beginnt hier",
  end: "Ausschnitt endet hier",
  copyLink: "Link zu dieser Stelle kopieren",
  pauses: "Anhalten, während ich schreibe",
  keys: "Tasten",
};

export const line = {
  label: "Stelle in der Aufnahme",
  /** @param {number} atMs @param {number} durationMs @param {string} chapter */
  at: (atMs, durationMs, chapter) => `${spoken(atMs)} von ${spoken(durationMs)}${chapter && `, ${chapter}`}`,
  ticks: "Notizen und Momente in der Aufnahme",
  chapters: "Teile des Unterrichts",
  /** @param {string} title @param {number} atMs */
  chapter: (title, atMs) => `${title}, ab ${position(atMs)}`,
  stills: "Bilder zum Einsteigen",
  /** @param {number} ms */
  still: (ms) => `Ab ${position(ms)}`,
  kind: { note: "Notiz", worked: "Gelungen", change: "Würde ich ändern", question: "Frage", moment: "Moment", review: "Beratung" },
  /** @param {string} kind @param {string} label @param {number} atMs @param {number | null} endMs */
  tick: (kind, label, atMs, endMs) => `${kind}, ${position(atMs)}${endMs === null ? "" : ` bis ${position(endMs)}`}${label && `: ${label}`}`,
};

export const part = {
  /** @param {number} startMs @param {number} endMs */
  chosen: (startMs, endMs) => `Ausschnitt ${position(startMs)}–${position(endMs)}`,
  clear: "Aufheben",
  copyLink: "Link kopieren",
};

export const said = {
  /** @param {string} times */
  speed: (times) => `Tempo ${times}×`,
  loopOn: "Wird wiederholt",
  loopOff: "Wird nicht wiederholt",
  copied: "Kopiert. Der Link öffnet sich nur für Menschen, die die Aufnahme ansehen dürfen.",
  noNote: "Keine weitere Notiz und kein weiterer Moment",
  cleared: "Kein Ausschnitt gewählt",
};

export const help = {
  title: "Tasten beim Abspielen",
  keys: [
    ["Leertaste, K", "Abspielen oder anhalten"],
    ["J, L", "10 Sekunden zurück oder vor"],
    ["← →", "5 Sekunden zurück oder vor, mit Umschalttaste 1 Sekunde"],
    [", .", "Ein Bild zurück oder vor, angehalten"],
    ["< >", "Langsamer oder schneller"],
    ["P, Umschalt + N", "Vorige oder nächste Notiz, voriger oder nächster Moment"],
    ["N", "Neue Notiz an dieser Stelle"],
    ["[ ] oder I O", "Ausschnitt beginnt oder endet hier"],
    ["R", "Ausschnitt oder alles wiederholen"],
    ["Esc", "Kein Ausschnitt"],
    ["M", "Ton aus oder an"],
    ["F", "Ganzer Bildschirm"],
    ["Pos1, Ende", "Anfang oder Ende, wenn der Fokus beim Abspielen liegt"],
    ["?", "Diese Tasten"],
  ],
  letters: "Tasten mit einem einzelnen Buchstaben oder Zeichen verwenden",
  lettersWhy: "Schalten Sie sie aus, wenn Sie mit Ihrem Computer sprechen oder Tasten versehentlich drücken. Wird auf diesem Gerät gemerkt.",
  close: "Schließen",
};
