// Words of writing, feedback and closing, and of the sentence that says where we are, in German.

import { names, position, time } from "../formats.js";

export const where = {
  yourCountIn: "Ihr Unterricht beginnt",
  /** @param {string} name */
  countIn: (name) => `Der Unterricht von ${name} beginnt`,
  held: "Die Uhr ist angehalten",
  /** @param {string} name */
  heldBy: (name) => `${name} hat die Uhr angehalten`,
  /** @param {string} name */
  dropped: (name) => `Die Verbindung von ${name} ist abgerissen. Die Zeit ist angehalten`,
  yourTimeHeld: "Ihre Verbindung war weg. Ihre Zeit ist angehalten",
  resuming: "Die Uhr läuft wieder",
  standsStill: "angehalten",
  /** @param {number} ms */
  listening: (ms) => `Zuhören bis ${time(ms)}, danach haben Sie das letzte Wort`,
  listeningPlain: "Sie hören jetzt zu; danach haben Sie das letzte Wort",
  /** @param {number} seconds */
  youSoon: (seconds) => `Sie sprechen als Nächstes, in ${seconds} s`,
  comeQuietly: "Es läuft gerade Unterricht. Sie kommen leise dazu.",
  cameLate: "Sie sind später dazugekommen: In dieser Runde hören Sie zu.",
  runsByItself: "Diese Runde läuft von selbst.",
  /** @param {string} late @param {string} first */
  instead: (late, first) => `${late} ist unterwegs; wir beginnen mit ${first}.`,
  alone: "Sonst ist niemand da.",
  /** @param {string} teacher */
  awaited: (teacher) => `${teacher} ist noch nicht da`,
  /** @param {string} words */
  say: (words) => `Zum Sagen: ${words}`,
  takeAway: "Je eine Sache: Was nehmen Sie für den eigenen Unterricht mit?",
};

export const recorded = {
  willYours: "Ihr Unterricht wird aufgenommen – nur Sie können ihn ansehen",
  /** @param {string} name */
  will: (name) => `Der Unterricht von ${name} wird aufgenommen – nur ${name} kann ihn ansehen`,
  never: "Dieser Unterricht wird nicht aufgenommen.",
  stop: "Aufnahme beenden",
  rests: "Solange die Uhr angehalten ist, wird nichts aufgenommen.",
  full: "Keine Aufnahme: Der Speicherplatz des Servers ist voll.",
  stopped: "Die Aufnahme ist beendet.",
};

export const turns = {
  /** @param {string} name */
  typed: (name) => `${name} schreibt:`,
  youWrite: "Sie schreiben jetzt, alle lesen mit",
  yourTyped: "Alle lesen mit, was Sie hier schreiben.",
  nothingYet: "…",
  row: "Wer wann spricht",
  speaking: "spricht gerade",
  next: "als Nächstes",
  done: "gehört",
  notes: "Ihre Notizen für Ihren Beitrag",
  nothing: "Sie haben nichts geschrieben; Sie können es sagen.",
  time: "Ihre Zeit",
  pass: "Später",
  /** @param {string} name */
  later: (name) => `${name} später.`,
  notHereLater: "Nicht da – später",
  nobodyElse: "Niemand mehr – weiter",
};

export const writing = {
  allRead: "Das lesen alle.",
  cardRead: "Die anderen lesen das in Ihrer Runde. Was nur für Sie ist, bleibt bei Ihnen.",
  onlyYou: "Das sehen nur Sie.",
  /** @param {string} label @param {string} at */
  momentLine: (label, at) => `Eine Zeile zu „${label}“, ${at}`,
  moment: "Eine Zeile zu diesem Moment",
  stills: "Folien aus diesem Unterricht: einen Moment auswählen",
  /** @param {number} page @param {number} ms */
  still: (page, ms) => `Folie ${page + 1}, bei ${position(ms)}`,
  watchFor: "Bitte achten Sie auf",
  starters: "Wörter für den Anfang",
  nudge: "Sie haben keinen Vorschlag geschrieben und keinen Moment notiert. Eine Zeile hilft.",
  nudgePlain: "Sie haben noch nichts geschrieben. Eine Zeile hilft.",
  readyAnyway: "Trotzdem fertig",
  previousCard: "Vorige Karte",
  nextCard: "Nächste Karte",
  /** @param {number} card @param {number} cards */
  card: (card, cards) => `${card} von ${cards}`,
  chooseTitle: "Aus der Gruppe: eines auswählen",
  /** @param {string} text @param {string} name */
  choose: (text, name) => `„${text}“ (${name})`,
  decideLater: "Später entscheiden, allein",
  /** @param {string} name @param {number} hours */
  later: (name, hours) => `Sie können ${name} noch schreiben, bis ${hours < 48 ? `${hours} Stunden` : `${Math.round(hours / 24)} Tage`} nach dem Treffen. Nur ${name} liest es.`,
};

export const received = {
  keep: "Behalten",
  /** @param {string} name */
  keepOf: (name) => `Den Vorschlag von ${name} behalten`,
  /** @param {string} name */
  notWritten: (name) => `${name} hat nichts geschrieben; es kann gesagt werden.`,
  title: "Aus der Gruppe",
};

export const card = {
  /** @param {string} name */
  of: (name) => `Der Unterricht von ${name}`,
  /** @param {string} learners */
  youAre: (learners) => `Sie lernen jetzt mit: ${learners}`,
  goal: "Am Ende können sie",
};

export const shared = {
  /** @param {readonly string[]} others */
  asked: (others) =>
    `Sie teilen sich ein Mikrofon mit ${names(others)}; dort soll die Stimme draußen bleiben. Aus einem gemeinsamen Mikrofon lässt sich keine Stimme herausnehmen, darum bleiben alle draußen.`,
};

export const stopped = {
  title: "Ihre Aufnahme wurde beendet",
  what: "Sie reicht bis zu dem Moment, in dem Sie sie beendet haben. Nur Sie können sie ansehen.",
  keep: "Für mich behalten",
  remove: "Löschen",
  sure: "Diese Aufnahme endgültig löschen? Niemand kann sie zurückholen.",
  yes: "Ja, endgültig löschen",
  no: "Nein, behalten",
  deleted: "Diese Aufnahme ist gelöscht.",
};

/** Wer es liest und ab wann; ohne Namen alle. @satisfies {Record<import("../../protocol.js").ReadFrom, (name: string) => string>} */
export const reads = {
  turn: (/** @type {string} */ name) => (name ? `Das sehen jetzt nur Sie. ${name} liest es, wenn Sie an der Reihe sind.` : "Das sehen jetzt nur Sie. Alle lesen es, wenn Sie an der Reihe sind."),
  phase_end: (/** @type {string} */ name) => (name ? `Das sehen jetzt nur Sie. ${name} liest es nach diesem Schritt.` : "Das sehen jetzt nur Sie. Alle lesen es nach diesem Schritt."),
  round_end: (/** @type {string} */ name) => (name ? `Das sehen jetzt nur Sie. ${name} liest es nach der Runde.` : "Das sehen jetzt nur Sie. Alle lesen es nach der Runde."),
  at_once: (/** @type {string} */ name) => (name ? `${name} liest mit, während Sie schreiben.` : "Alle lesen mit, während Sie schreiben."),
};
