// Words of every page, in German.

import { dayAndTime, names, number, position, time } from "../formats.js";

/** @param {number} seconds */
export const length = (seconds) => {
  if (seconds < 60) return seconds === 1 ? "1 Sekunde" : `${seconds} Sekunden`;
  const minutes = Math.round(seconds / 6) / 10;
  return minutes === 1 ? "1 Minute" : `${number(minutes)} Minuten`;
};
/** @param {number} ms quiet words for somebody who teaches: no figures that run until the last half minute */
export const timeLeft = (ms) => {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds === 0) return "die Zeit ist um";
  if (seconds <= 30) return seconds === 1 ? "noch 1 Sekunde" : `noch ${seconds} Sekunden`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes === 1 ? "noch 1 Minute" : `noch ${minutes} Minuten`;
};

export const now = {
  before: "Bevor es losgeht: Alle können sprechen",
  /** @param {string} name */
  beforeLeadBy: (name) => `${name} beginnt, wenn alle so weit sind.`,
  beforeYouLead: "Beginnen Sie, wenn alle so weit sind.",
  yourLessonWaits: "Als Nächstes kommt Ihr Unterricht. Beginnen Sie, wenn Sie so weit sind",
  /** @param {string} name */
  lessonWaits: (name) => `Gleich beginnt der Unterricht von ${name}`,
  yourLesson: "Ihr Unterricht läuft",
  /** @param {string} name */
  lesson: (name) => `${name} unterrichtet`,
  yourGrace: "Sprechen Sie Ihren Satz zu Ende",
  /** @param {string} name */
  grace: (name) => `${name} kommt zum Schluss`,
  finishing: "Dieser Schritt geht zu Ende",
  writing: "Alle schreiben in Ruhe",
  listening: "Ein Moment Ruhe: Niemand spricht jetzt",
  youSpeak: "Sie sprechen jetzt, alle hören zu",
  /** @param {string} name */
  speaks: (name) => `${name} spricht jetzt`,
  /** @param {string} name */
  teacherSpeaks: (name) => `${name} spricht jetzt, alle hören zu`,
  /** @param {string} title */
  open: (title) => `${title}: Alle können sprechen`,
  /** @param {string} title */
  waits: (title) => `Gleich beginnt: ${title}`,
  ended: "Das Treffen ist zu Ende",
};

export const next = {
  /** @param {number} ms */
  until: (ms) => `Bis ${time(ms)} Uhr`,
  /** @param {string} title */
  then: (title) => `Danach: ${title}`,
  /** @param {string} title @param {string} name */
  thenOf: (title, name) => `Danach: ${title} (${name})`,
  you: "Als Nächstes sind Sie an der Reihe",
  /** @param {string} name */
  speaker: (name) => `Als Nächstes: ${name}`,
};

export const recording = {
  off: "Keine Aufnahme",
  yours: "Ihr Unterricht wird aufgenommen – nur Sie können ihn ansehen",
  /** @param {string} name */
  of: (name) => `Der Unterricht von ${name} wird aufgenommen – nur ${name} kann ihn ansehen`,
  /** @param {number} count */
  leftOut: (count) => (count === 1 ? "1 Stimme wird ausgelassen" : `${count} Stimmen werden ausgelassen`),
};

export const action = {
  /** @param {number} seconds */
  startLesson: (seconds) => `Ich bin so weit – los mit ${length(seconds)}`,
  startLessonPlain: "Ich bin so weit – los",
  /** @param {string} name */
  startLessonOf: (name) => `Zeit von ${name} starten`,
  /** @param {string} name */
  startWith: (name) => `Mit ${name} beginnen`,
  start: "Beginnen",
  /** @param {string} title */
  next: (title) => `Weiter: ${title}`,
  end: "Treffen beenden",
  finish: "Abschließen",
  done: "Fertig",
  /** @param {string} name */
  doneOver: (name) => `Fertig – weiter mit ${name}`,
  /** @param {string} name */
  nextSpeaker: (name) => `Weiter: ${name}`,
  speakerDone: "Weiter",
  ready: "Ich bin fertig",
  notReady: "Doch noch nicht",
  allReady: "Alle sind fertig – weiter",
};

export const ready = {
  /** @param {number} count @param {number} expected */
  count: (count, expected) => `${count} von ${expected} fertig`,
  /** @param {readonly string[]} waiting */
  writing: (waiting) => `schreiben noch: ${names(waiting)}`,
};

export const faces = {
  /** @param {string} name */
  you: (name) => `${name} (Sie)`,
  /** @param {string} name */
  teaching: (name) => `${name} · unterrichtet`,
  /** @param {string} name */
  speaking: (name) => `${name} · spricht jetzt`,
  /** @param {string} name */
  writing: (name) => `${name} · schreibt jetzt`,
  /** @param {string} name */
  consults: (name) => `${name} · Beratung`,
  region: "Alle im Raum",
};

export const order = {
  title: "Wer wann unterrichtet",
  /** @param {string} name @param {number | null} ms */
  entry: (name, ms) => (ms === null ? name : `${name}, etwa ${time(ms)} Uhr`),
  /** @param {readonly string[]} missing */
  missing: (missing) => `Noch nicht da: ${names(missing)}`,
  complete: "Alle sind da.",
  taken: "Die Plätze zum Unterrichten sind vergeben.",
};

export const choice = {
  title: "Die Aufnahme",
  teacher: "Aufgenommen wird nur Ihr Unterricht, nicht das Gespräch danach. Nur Sie können die Aufnahme ansehen; sie dient nicht der Beurteilung.",
  colleague: "Aufgenommen wird nur der Unterricht, nicht das Gespräch danach. Nur die Lehrperson kann die Aufnahme ansehen; Ihr Gesicht ist nie darin.",
  record: "Meinen Unterricht aufnehmen – nur ich kann ihn ansehen",
  dontRecord: "Meinen Unterricht nicht aufnehmen",
  voiceIn: "Meine Stimme darf vorkommen",
  voiceOut: "Meine Stimme auslassen",
  none: "Noch nichts gewählt: Bis dahin werden Sie ausgelassen.",
};

export const moments = {
  region: "Einen Moment festhalten",
  /** @param {number | null} atMs */
  noted: (atMs) => (atMs === null ? "Notiert" : `Notiert ${position(atMs)}`),
  undo: "zurücknehmen",
  yours: "Momente, die Sie festgehalten haben",
  /** @param {string} label @param {string} at */
  remove: (label, at) => `${label}, ${at} entfernen`,
};

export const form = {
  onlyYouTeacher: "Das sehen nur Sie.",
  kept: "Gespeichert",
  keeping: "Wird gespeichert …",
  waiting: "Auf diesem Gerät gespeichert, bis die Verbindung wieder da ist",
  refused: "Das konnte nicht gespeichert werden",
  failed: "Noch nicht gespeichert; neuer Versuch läuft",
  notes: "Ihre Notizen",
};

export const entries = {
  ofOthers: "Was die anderen geschrieben haben",
  title: "Von Ihren Kolleginnen und Kollegen",
  nothing: "Nichts geschrieben; es kann gesagt werden.",
};

export const takes = {
  watch: "Ihre Aufnahme ansehen",
  /** @param {number} number */
  watchNumber: (number) => `Ihre Aufnahme ansehen, Unterricht ${number}`,
  failed: "Ihre Aufnahme konnte nicht fertiggestellt werden. Wenden Sie sich an die Person, die diesen Server betreibt.",
  onlyYou: "Nur Sie können sie ansehen. Sie öffnet sich in einem neuen Tab.",
};

export const devices = {
  microphoneOn: "Mikrofon an",
  microphoneRests: "Mikrofon ruht",
  microphoneOff: "Mikrofon aus",
  microphoneNone: "Kein Mikrofon",
  cameraOn: "Kamera an",
  cameraOff: "Kamera aus",
  cameraNone: "Keine Kamera",
  opening: "Kamera und Mikrofon werden geöffnet …",
  ok: "Kamera und Mikrofon funktionieren.",
  cameraOnly: "Ihre Kamera funktioniert, aber es gibt kein Mikrofon.",
  microphoneOnly: "Ihr Mikrofon funktioniert. Es gibt kein Bild; das macht nichts.",
  none: "Sie kommen ohne Kamera und Mikrofon herein. Sie sehen und hören alle.",
  heard: "Man kann Sie hören.",
  speak: "Sagen Sie ein paar Worte: Der Balken bewegt sich.",
  again: "Noch einmal versuchen",
  hear: "Tippen Sie, um die anderen zu hören",
  noPicture: "Kein Bild",
  menus: "Kamera und Mikrofon wählen",
  camera: "Kamera",
  microphone: "Mikrofon",
  anyCamera: "Übliche Kamera",
  anyMicrophone: "Übliches Mikrofon",
  without: "Ohne",
  problem: {
    refused: "Der Browser erlaubt hier weder Kamera noch Mikrofon. Erlauben Sie beides neben der Adresse dieser Seite und versuchen Sie es noch einmal.",
    missing: "Es wurde keine Kamera und kein Mikrofon gefunden. Schließen Sie ein Gerät an und versuchen Sie es noch einmal.",
    busy: "Ein anderes Programm benutzt Kamera oder Mikrofon. Schließen Sie es dort und versuchen Sie es noch einmal.",
    insecure: "Browser geben Kamera und Mikrofon nur auf Seiten mit https frei. Bitten Sie um eine Adresse, die mit https beginnt.",
    unknown: "Kamera oder Mikrofon ließen sich nicht öffnen. Versuchen Sie es noch einmal oder kommen Sie ohne herein.",
  },
};

export const connection = {
  away: "Die Verbindung zum Server wird wiederhergestellt. Ton und Bild laufen weiter.",
  media: "Ton und Bild werden wiederhergestellt.",
  replacedTitle: "Dieser Platz ist in einem anderen Fenster offen",
  replaced: "Ton, Bild und alles, was Sie geschrieben haben, sind dort.",
  useHere: "Hier weitermachen",
  outdated: "Das Treffen ist inzwischen weitergegangen, deshalb ist das nicht geschehen.",
  failed: "Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.",
};

export const copy = {
  copied: "Kopiert",
  failed: "Bitte von Hand kopieren",
};

export const sound = {
  play: "Ton abspielen",
  asked: "Haben Sie ihn gehört?",
  yes: "Ja",
  no: "Nein",
  works: "Gut: Ihr Ton funktioniert.",
  help: "Stellen Sie die Lautstärke höher und sehen Sie nach, welchen Lautsprecher oder Kopfhörer dieses Gerät benutzt. Spielen Sie ihn dann noch einmal ab.",
  earphones: "Nehmen Sie Kopfhörer, wenn Sie können.",
};

export const film = {
  recording: "Ihre Aufnahme wird fertiggestellt. Sie öffnet sich hier gleich von selbst.",
  preparing: "Ihre Aufnahme wird vorbereitet. Sie öffnet sich hier gleich von selbst.",
  failed: "Diese Aufnahme konnte nicht fertiggestellt werden, es gibt also nichts anzusehen. Wenden Sie sich an die Person, die diesen Server betreibt.",
  unreachable: "Der Server ist im Moment nicht erreichbar. Diese Seite versucht es weiter.",
  /** @param {string} label @param {string} name */
  moment: (label, name) => (name ? `${label}, ${name}` : label),
  /** @param {number} count */
  showNotes: (count) => `Notizen der anderen anzeigen (${count})`,
  noNotes: "Es gibt keine Notizen.",
  hole: { held: "Hier stand die Uhr still", lost: "Hier fehlt Bild oder Ton", full: "Hier war der Speicherplatz des Servers voll" },
  missing: { picture: "Hier fehlt das Bild", voice: "Hier fehlt die Stimme" },
  screenLarge: "Bildschirm größer zeigen",
  faceLarge: "Lehrperson größer zeigen",
};

export const setUp = {
  next: "Weiter",
  back: "Zurück",
  /** @param {number} ms */
  ends: (ms) => `Ende um ${time(ms)} Uhr`,
  /** @param {number} ms */
  endsIfNow: (ms) => `wenn Sie jetzt beginnen, Ende um ${time(ms)} Uhr`,
};

export const invitation = {
  /** @param {number} ms */
  when: (ms) => `Wir treffen uns am ${dayAndTime(ms)} Uhr.`,
};
