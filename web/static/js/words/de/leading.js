// Words of the one who leads, in German.

import { dayAndTime, names, time } from "../formats.js";
import { length } from "./common.js";

export const strip = {
  region: "Leitung",
  /** @param {string} title @param {number} ms */
  ends: (title, ms) => `${title}, endet ${time(ms)}`,
  /** @param {string} title */
  byItself: (title) => `danach von selbst „${title}“`,
  /** @param {string} title */
  after: (title) => `danach „${title}“`,
  /** @param {string} name @param {string} next a name, or the next step */
  turn: (name, next) => (next ? `${name} spricht, danach von selbst ${next}` : `${name} spricht, danach ist Schluss`),
  /** @param {number} ms */
  together: (ms) => `wieder zusammen um ${time(ms)}`,
  closes: "danach ist Schluss",
  runsByItself: "Diese Runde läuft von selbst.",
  /** @param {number} seconds */
  more: (seconds) => (seconds < 60 ? `+${seconds} s` : `+${length(seconds)}`),
  /** @param {number} seconds */
  less: (seconds) => (seconds < 60 ? `−${seconds} s` : `−${length(seconds)}`),
  /** @param {number} seconds */
  moreAloud: (seconds) => `${length(seconds)} länger`,
  /** @param {number} seconds */
  lessAloud: (seconds) => `${length(seconds)} kürzer`,
  hold: "Uhr anhalten",
  goOn: "Uhr weiterlaufen lassen",
  back: "Einen Schritt zurück",
  /** @param {string} name */
  card: (name) => `${name} eine Karte zeigen`,
  quiet: "Leitung",
  clock: "Uhr",
  missing: "Jemand fehlt",
  rest: "Mehr",
  /** @param {readonly string[]} missing */
  notHere: (missing) => `Nicht da: ${names(missing)}`,
  /** @param {readonly string[]} silent */
  notHeard: (silent) => `Noch nicht gehört: ${names(silent)}`,
  /** @param {string} name */
  addTurn: (name) => `${name} auch zu Wort kommen lassen`,
  handOver: "Leitung abgeben",
  /** @param {string} name */
  handOverTo: (name) => `Ab jetzt leitet ${name}`,
  nobodyToLead: "Sonst ist niemand da.",
};

export const cards = {
  two_minutes: "Noch 2 Minuten",
  cannot_hear: "Wir hören Sie nicht",
  cannot_see_slides: "Folien nicht zu sehen",
};

export const undo = {
  time: "Die Zeit ist geändert.",
  turn: "Die Reihe ist geändert.",
  order: "Die Reihenfolge ist geändert.",
  step: "Wir sind weitergegangen.",
  hold: "Die Uhr ist angehalten.",
  button: "Rückgängig",
};

export const pace = {
  onTime: "In der Zeit.",
  /** @param {number} seconds */
  behind: (seconds) => `${length(seconds)} zu spät.`,
  /** @param {number} seconds */
  ahead: (seconds) => `${length(seconds)} zu früh.`,
  /** @param {number} seconds */
  everybody: (seconds) => `Für alle bleiben je ${length(seconds)}.`,
  /** @param {number} ms */
  ends: (ms) => `Schluss um ${time(ms)}.`,
};

export const desk = {
  title: "Bevor Sie beginnen",
  hint: "Namen lassen sich ziehen, mit den Pfeilknöpfen oder mit den Pfeiltasten verschieben.",
  /** @param {string} name */
  up: (name) => `${name} früher`,
  /** @param {string} name */
  down: (name) => `${name} später`,
  /** @param {string} name @param {number} place */
  moved: (name, place) => `${name} unterrichtet jetzt an Stelle ${place}.`,
  colleagues: "Unterrichtet heute nicht",
  teaches: "Unterrichtet",
  teachesNot: "Unterrichtet nicht",
  /** @param {string} name */
  nowTeaches: (name) => `${name} unterrichtet heute.`,
  /** @param {string} name */
  nowTeachesNot: (name) => `${name} unterrichtet heute nicht.`,
  about: time,
  opened: "da",
  media: "Ton und Bild",
  card: "Unterrichtskarte",
  /** @param {string} what @param {boolean | null} done */
  tick: (what, done) => (done ? `${what}: ja` : `${what}: noch nicht`),
  /** @param {number} count */
  leftOut: (count) => (count === 1 ? "1 Stimme bleibt draußen" : `${count} Stimmen bleiben draußen`),
  invite: "Einladungslink kopieren",
  more: "Mehr",
};

export const disk = {
  low: "Der Speicherplatz des Servers ist fast voll: Ein Unterricht passt vielleicht nicht mehr.",
  full: "Der Speicherplatz des Servers ist voll: Jetzt kann nichts aufgenommen werden.",
  stopped: "Die Aufnahme ist unterbrochen: Der Speicherplatz des Servers ist voll. Der Unterricht geht weiter.",
  goesOn: "Die Aufnahme läuft weiter.",
};

export const lead = {
  nobody: "Im Moment leitet niemand.",
  take: "Ich leite jetzt",
};

export const missing = {
  title: "Jemand fehlt",
  /** @param {string} name */
  late: (name) => `${name} ist noch nicht da.`,
  /** @param {string} name */
  away: (name) => `Die Verbindung von ${name} ist abgerissen. Die Zeit ist angehalten.`,
  /** @param {string} name */
  later: (name) => `Zuerst ${name}`,
  laterPlain: "Zuerst die nächste Lehrperson",
  /** @param {string} name */
  laterThen: (name) => `${name} unterrichtet danach.`,
  restart: "Noch einmal von vorn unterrichten",
  restartWhat: "Was aufgenommen ist, bleibt.",
  without: "Ohne diese Runde weiter",
  /** @param {string} name */
  withoutWhat: (name) => `${name} unterrichtet heute nicht.`,
  wait: "Warten",
  waitWhat: "Es ändert sich nichts; alle können reden.",
  /** @param {number} ms */
  ends: (ms) => `Schluss etwa um ${time(ms)}.`,
  nobody: "Alle sind da.",
  colleague: "Fehlt jemand ohne eigenen Unterricht, kostet das niemanden Zeit: Wer nicht da ist, rückt von selbst ans Ende der Reihe.",
  /** @param {readonly string[]} missing */
  colleagues: (missing) => `Nicht da: ${names(missing)}.`,
};

export const claims = {
  /** @param {string} name */
  asks: (name) => `${name} möchte mit einem anderen Gerät hereinkommen.`,
  yours: "Jemand möchte mit einem anderen Gerät als Sie hereinkommen. Sind Sie das?",
  yes: "Ja, hereinlassen",
  yesYours: "Ja, das bin ich",
  no: "Nein",
};

export const nextTime = {
  title: "Nächstes Mal",
  plan: "Wann treffen wir uns wieder, und wer unterrichtet?",
  date: "Tag",
  at: "Uhrzeit",
  minutes: "Minuten",
  teachers: "Wer unterrichtet",
  save: "So festlegen",
  change: "Ändern",
  /** @param {number} ms @param {number} minutes */
  when: (ms, minutes) => `${dayAndTime(ms)}, ${length(minutes * 60)}`,
  /** @param {readonly string[]} teachers */
  teaches: (teachers) => (teachers.length === 1 ? `${names(teachers)} unterrichtet` : `${names(teachers)} unterrichten`),
  nobodyYet: "Wer unterrichtet, ist noch offen.",
  calendar: "In meinen Kalender",
  open: "Noch nicht festgelegt.",
  past: "Diese Zeit ist schon vorbei.",
};

export const spent = {
  title: "Wie die Zeit verging",
  /** @param {number} planned @param {string} used */
  both: (planned, used) => `${length(planned)} geplant, ${used}`,
  /** @param {number} seconds */
  used: (seconds) => `${length(seconds)} gebraucht`,
  skipped: "übersprungen",
  /** @param {string} title @param {string} name */
  of: (title, name) => `${title} (${name})`,
  thanksTitle: "Eine Nachricht an alle",
  copy: "Nachricht kopieren",
  /** @param {readonly string[]} teachers @param {string} next */
  thanks: (teachers, next) =>
    `Danke an alle für heute${teachers.length ? `, und an ${names(teachers)} fürs Unterrichten` : ""}. Jede Aufnahme gehört der Lehrperson.${next ? ` Nächstes Mal: ${next}.` : ""}`,
};

export const consultants = {
  title: "Beratung im Raum",
};

export const costs = {
  title: "Andere hätten weniger Zeit",
  /** @param {number} before @param {number} after @param {number} ms */
  question: (before, after, ms) =>
    `Wer noch unterrichtet, hätte ${length(after)} statt ${length(before)}; Schluss wäre um ${time(ms)} Uhr. So machen?`,
  yes: "So machen",
  no: "Nein",
};

export const heard = {
  title: "Wer zu Wort kam",
  /** @param {string} name */
  round: (name) => `Runde von ${name}`,
  /** @param {number} number */
  roundNumber: (number) => `Runde ${number}`,
  seconds: length,
  rules: "Was vereinbart war",
  kept: {
    everybody_heard: "alle anderen kamen zu Wort",
    teacher_first: "wer unterrichtet hat, sprach zuerst",
    alike: "alle Runden dauerten gleich lang",
    on_time: "wir waren pünktlich fertig",
  },
  /** @param {readonly string[]} people */
  notHeard: (people) => `nicht zu Wort kam: ${names(people)}`,
  notAllHeard: "nicht alle kamen zu Wort",
  notFirst: "wer unterrichtet hat, sprach nicht zuerst",
  /** @param {number} seconds */
  notAlike: (seconds) => `Runden waren bis zu ${length(seconds)} verschieden lang`,
  /** @param {number} seconds */
  notOnTime: (seconds) => `wir wurden ${length(seconds)} später fertig als zugesagt`,
};
