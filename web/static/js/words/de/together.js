// Words of a divided group, of the second try, and of who may speak, in German.

import { names, position, remaining, time } from "../formats.js";

export const lanes = {
  alone: "Niemand kann Sie hören oder sehen",
  /** @param {readonly string[]} near */
  onlyWith: (near) => `Nur ${names(near)} ${near.length === 1 ? "kann" : "können"} Sie hören und sehen.`,
  /** @param {number | null} ms */
  amongThemselves: (ms) =>
    ms === null ? "Die anderen sprechen unter sich." : `Die anderen sprechen unter sich, um ${time(ms)} Uhr kommen alle wieder zusammen.`,
  /** @param {readonly string[]} others @param {number | null} ms */
  cannotHear: (others, ms) => `${names(others)} ${others.length === 1 ? "kann" : "können"} Sie${ms === null ? "" : ` bis ${time(ms)} Uhr`} nicht hören`,
  early: "Sind alle so weit, kommen alle früher wieder zusammen.",
  over: "Sie sind fertig",
  meet: "Wenn die anderen fertig sind, kommen alle wieder zusammen.",
  /** @param {number} ms */
  meetAt: (ms) => `Um ${time(ms)} Uhr kommen alle wieder zusammen.`,
  goBack: "Ich kann zurück zu den anderen",
  ready: "Ich bin so weit",
  meetNow: "Jetzt kommen alle wieder zusammen",
  /** @param {string} title @param {readonly string[]} people */
  place: (title, people) => `${title}: ${names(people)}`,
  /** @param {readonly string[]} people */
  ownTimeOf: (people) => `${names(people)}: eigene Zeit`,
};

export const ownTime = {
  region: "Ihre Aufnahme",
  notRecorded: "Dieser Unterricht wurde nicht aufgenommen, es gibt also nichts anzusehen. Nehmen Sie sich Zeit für zwei Fragen, und vielleicht für ein Glas Wasser.",
  withoutFilm: "Sie müssen nichts ansehen. Nehmen Sie sich Zeit für zwei Fragen, und vielleicht für ein Glas Wasser.",
  paused: "Sie läuft nicht von selbst los. Starten Sie, wann Sie möchten.",
  soon: "Gleich kommen alle wieder zusammen. Die Aufnahme ist angehalten; was Sie geschrieben haben, ist gespeichert.",
  earphones: "In Ihrem Zimmer ist noch jemand: Nehmen Sie Kopfhörer.",
  points: "Wo anfangen",
  opening: "Anfang",
  /** @param {number} ms */
  from: (ms) => `Ab ${position(ms)}`,
  lastMinutes: "Letzte zwei Minuten",
  how: "Wie Sie ansehen",
  speed: "Tempo",
  /** @param {string} times */
  times: (times) => `${times}×`,
  soundOnly: "Nur Ton",
  hidePicture: "Mein Bild ausblenden",
  worked: "Ein Moment, der gelungen ist",
  differently: "Ein Moment, den ich ändern würde",
  ratherNot: "Ich möchte lieber nichts ansehen",
  watchAfterAll: "Doch ansehen",
};

export const list = {
  title: "Was wir zusammen gefunden haben",
  ofColleagues: "Was die anderen zusammen gefunden haben",
  spoken: "Was Sie für alle sagen",
  add: "Eine Zeile dazuschreiben",
  addButton: "Dazu",
  empty: "Hier steht noch nichts. Eine Zeile von jeder Person genügt.",
  meToo: "Ich auch",
  /** @param {number} count */
  also: (count) => `+${count}`,
  /** @param {readonly string[]} people */
  sameAs: (people) => `auch ${names(people)}`,
  takeNotes: "Ich schreibe mit",
  /** @param {string} name */
  takesNotes: (name) => `${name} schreibt mit`,
  /** @param {string} name */
  tookNotes: (name) => `${name} hat mitgeschrieben`,
  youTake: "Sie schreiben mit und sagen es danach allen",
  notAnyMore: "Jemand anders",
};

export const floors = {
  /** @param {number | null} ms */
  youListen: (ms) => (ms === null ? "Sie hören jetzt zu" : `Sie hören bis ${time(ms)} zu`),
  /** @param {string} teacher */
  amongYourselves: (teacher) => `Sie sprechen miteinander, ${teacher} hört zu`,
  youTell: "Sie sagen für alle, was Sie zusammen gefunden haben",
  /** @param {string} name */
  tells: (name) => `${name} spricht für die anderen`,
  nobodySpeaks: "Wer sprechen möchte, meldet sich zuerst",
  youDecide: "Sie entscheiden, was Sie hören möchten",
  /** @param {string} teacher */
  teacherDecides: (teacher) => `${teacher} entscheidet, welche Meinungen willkommen sind`,
  youMayAnswer: "Sie dürfen nachfragen und antworten.",
  youAlways: "Sie können jederzeit sprechen. Die anderen fragen, bevor sie ihre Meinung sagen.",
  youSaidYes: "Dazu haben Sie Ja gesagt. Sie können jederzeit sprechen.",
  /** @param {string} teacher */
  askFirst: (teacher) => `Sagen Sie, worum es geht, und fragen Sie; ${teacher} sagt, ob Ihre Meinung willkommen ist.`,
  /** @param {string} teacher */
  saidYes: (teacher) => `${teacher} möchte das hören.`,
  /** @param {string} name */
  thanks: (name) => `Danke, ${name}`,
  ask: "Zu Wort melden",
  askNot: "Meldung zurückziehen",
  /** @param {number} ms */
  ownLeft: (ms) => `Von Ihrer Zeit sind noch ${remaining(ms)} übrig`,
};

export const offers = {
  title: "Meinungen",
  about: "Ich habe eine Meinung zu …",
  mayI: "Darf ich?",
  /** @param {string} name @param {string} text */
  has: (name, text) => `${name} hat eine Meinung zu: ${text}`,
  /** @param {string} text */
  yours: (text) => `Sie haben eine Meinung zu: ${text}`,
  yes: "Ja, gern",
  no: "Nein, danke",
  /** @param {string} name */
  yesTo: (name) => `Ja, gern: ${name}`,
  /** @param {string} name */
  noTo: (name) => `Nein, danke: ${name}`,
  none: "Noch hat niemand gefragt.",
  state: {
    asked: "Gefragt, noch ohne Antwort",
    yes: "Willkommen, kommt gleich",
    no: "Jetzt nicht",
    speaking: "Spricht gerade",
    said: "Gehört",
  },
};

export const tries = {
  first: "Erster Versuch",
  second: "Zweiter Versuch",
  yours: "Ihr zweiter Versuch läuft",
  /** @param {string} teacher */
  of: (teacher) => `${teacher} unterrichtet noch einmal: zweiter Versuch`,
  yoursWaits: "Als Nächstes kommt Ihr zweiter Versuch. Beginnen Sie, wenn Sie so weit sind",
  /** @param {string} teacher */
  waits: (teacher) => `Gleich beginnt der zweite Versuch von ${teacher}`,
  /** @param {string} text */
  pinned: (text) => `Das probiere ich aus: ${text}`,
  /** @param {string} teacher @param {string} text */
  yourSuggestion: (teacher, text) => `${teacher} probiert Ihren Vorschlag aus: ${text}`,
  /** @param {string} teacher */
  whatYouSaid: (teacher) => `${teacher} probiert Ihren Vorschlag aus.`,
  ownWords: "Etwas Eigenes",
  watchFirst: "Ihre Aufnahme ansehen, erster Versuch",
  watchSecond: "Ihre Aufnahme ansehen, zweiter Versuch",
};
