// Words about notes at moments of a recording, and about questions before a lesson, in German.

export const headings = { notes: "Notizen", questions: "Fragen und Antworten" };

export const kinds = {
  own: { worked: "Ein Moment, der gelang", change: "Das würde ich ändern", note: "Notiz", question: "Frage" },
  others: { worked: "Gelungen", change: "Vorschlag", note: "Notiz", question: "Frage" },
};

export const writer = {
  /** @param {string} place */
  at: (place) => `Notiz bei ${place}`,
  /** @param {string} from @param {string} to */
  between: (from, to) => `Notiz von ${from} bis ${to}`,
  whole: "Notiz zum ganzen Unterricht",
  before: "Ihre Frage",
  aboutWhole: "Zum ganzen Unterricht",
  /** @param {string} place */
  moveTo: (place) => `Zu ${place} verschieben`,
  kind: "Was für eine Notiz",
  asked: "Wer gefragt wird",
  everybody: "Alle",
  here: "Notiz hier",
  keep: "Behalten",
  ask: "Fragen",
  /** @param {string} name */
  send: (name) => `An ${name} senden`,
  stamp: "Diesen Moment behalten",
  short: "**fett**, *kursiv*, - Listen und Links werden so gezeigt. Strg + Enter behält die Notiz.",
};

export const reach = {
  onlyYou: "Nur Sie sehen das, bis Sie es teilen.",
  /** @param {string} name */
  atOnce: (name) => `${name} sieht das sofort.`,
  /** @param {string} name */
  waits: (name) => `${name} sieht das, wenn Sie Ihre Rückmeldung senden.`,
  session: "Alle in diesem Treffen sehen das.",
};

export const list = {
  empty: "Noch keine Notizen. Schreiben Sie eine beim Ansehen: Der Film wartet auf Sie.",
  noQuestions: "Noch hat niemand etwas gefragt.",
  nothingFound: "So eine Notiz gibt es nicht.",
  over: "Die Notizen anderer sind nicht mehr hier. Was Sie geschrieben haben, bleibt Ihres.",
  whole: "Ganzer Unterricht",
  you: "Sie",
  /** @param {number} count */
  showOthers: (count) => `Zeigen, was andere notiert haben (${count})`,
  /** @param {number} count */
  showColleagues: (count) => `Notizen von Kolleginnen und Kollegen an Momenten zeigen (${count})`,
  /** @param {number} count */
  written: (count) => `Nach dem Unterricht geschrieben (${count})`,
  hideOthers: "Ausblenden, was andere notiert haben",
  watchFirst: "Sehen Sie erst selbst. Öffnen Sie sie, wenn Sie Ihre eigene Sicht haben.",
  shareAll: "Alle meine Notizen teilen",
  unshareAll: "Meine Notizen nicht mehr teilen",
  /** @param {string} kind @param {string} place */
  jump: (kind, place) => `${place}, ${kind}: ab kurz davor abspielen`,
};

export const thread = {
  onlyYou: "Nur Sie",
  shared: "Geteilt",
  edited: "geändert",
  deleted: "Diese Notiz wurde gelöscht.",
  /** @param {string} name */
  asked: (name) => `${name} ist gefragt`,
  youAsked: "Sie sind gefragt",
  answered: "beantwortet",
  unanswered: "noch nicht beantwortet",
  answer: "Antworten",
  edit: "Ändern",
  remove: "Löschen",
  share: "Teilen",
  unshare: "Nicht mehr teilen",
  history: "Frühere Fassungen",
  hideHistory: "Frühere Fassungen ausblenden",
  noHistory: "Die früheren Fassungen können gerade nicht geladen werden.",
  save: "Speichern",
  cancel: "Abbrechen",
  send: "Senden",
  yourAnswer: "Ihre Antwort",
  yourNote: "Ihre Notiz",
  gone: "Gelöscht.",
  undo: "Rückgängig",
  waiting: "Auf diesem Gerät behalten, wird gesendet, sobald die Verbindung wieder da ist",
  refused: "Auf diesem Gerät behalten, nicht gesendet.",
  discard: "Verwerfen",
  tryAgain: "Noch einmal versuchen",
  changed: "Sie haben das inzwischen anderswo geändert. Dort steht:",
  changedDeleted: "Sie haben das inzwischen anderswo gelöscht.",
  keepMine: "Behalten, was hier steht",
  keepTheirs: "Das andere behalten",
  writeAbout: "Dazu schreiben",
};

export const filters = {
  title: "Notizen finden",
  /** @param {number} shown @param {number} all */
  some: (shown, all) => `Notizen finden (${shown} von ${all} gezeigt)`,
  person: "Von",
  anybody: "Allen",
  kind: "Art",
  anyKind: "Alle Arten",
  moment: "Getippt während des Unterrichts",
  text: "Mit den Worten",
  unanswered: "Unbeantwortete Fragen",
  mine: "Nur meine",
};

export const before = {
  ask: "Vor dem Unterricht etwas fragen",
  /** @param {number} count */
  count: (count) => (count === 1 ? "bisher 1 Frage" : `bisher ${count} Fragen`),
};
