// Words about who spoke when in a recording, in German. Each key of `figures` and `formulas` is one of docs/talk.md.

import { decimal, number, position } from "../formats.js";

/** @param {number} seconds */
const seconds = (seconds) => (number(seconds) === "1" ? "1 Sekunde" : `${number(seconds)} Sekunden`);
/** @param {number} s */
const long = (s) => (s < 59.5 ? seconds(s < 10 ? s : Math.round(s)) : `${Math.trunc(Math.round(s) / 60)} min ${Math.round(s) % 60} s`);
/** @param {number} share */
const percent = (share) => `${Math.round(share * 100)} %`;
/** @param {number} count */
const times = (count) => `${count}-mal`;

export const card = {
  title: "Wer wann gesprochen hat",
  intro: "Nur Sie sehen das. Es geht um diese Probe: Kolleginnen und Kollegen sind keine Schulklasse.",
  loading: "Einen Moment …",
  missing: "Bei dieser Aufnahme lässt sich nicht sagen, wer wann gesprochen hat.",
  unreachable: "Der Server antwortet nicht. Schließen Sie dies und öffnen Sie es gleich noch einmal.",
  picture: "Jede Zeile ist eine Person; wählen Sie einen Balken, um die Stelle anzusehen. Mit der Tastatur: Pfeiltasten, dann Eingabe.",
  /** @param {string} name @param {number} count @param {number} s */
  row: (name, count, s) => (count === 0 ? `${name}: nicht zu hören` : `${name}: ${times(count)}, zusammen ${long(s)}`),
  /** @param {string} name @param {number} atMs @param {number} s */
  bar: (name, atMs, s) => `${name}, ${position(atMs)}, ${long(s)}`,
  /** @param {string[]} list */
  notMeasured: (list) => `${list.join(", ")}: in der Aufnahme, aber der Browser hat nicht gesagt, wie laut es war; darum wird hier nichts gezählt.`,
};

export const table = {
  people: "In Zahlen",
  all: "Alle Male als Liste",
  name: "Wer",
  speaks: "Spricht",
  share: "Von allem Gesagten",
  turns: "Beiträge",
  mean: "Ein Beitrag im Mittel",
  longest: "Längster Beitrag",
  longTurns: "Beiträge über 5 s",
  from: "Ab",
  length: "Dauer",
  long,
  percent,
  /** @param {number} count */
  count: (count) => String(count),
  none: "–",
};

export const figures = {
  /** @param {number} share */
  teacher_share: (share) => `Von allem, was gesagt wird, sprechen Sie ${percent(share)}.`,
  /** @param {number} share */
  teacher_clock_share: (share) => `Sie sprechen in ${percent(share)} der Zeit.`,
  /** @param {number} share */
  silence_share: (share) => `In ${percent(share)} der Zeit spricht niemand.`,
  /** @param {number} s */
  longest_stretch_s: (s) => `Die längste Strecke, in der niemand sonst mehr als ein Wort sagt: ${long(s)}.`,
  /** @param {number} s */
  wait_1_s: (s) => `Nach einer Frage ist es in der Regel ${seconds(s)} lang still.`,
  /** @param {number} s */
  wait_2_s: (s) => `Nach einer Antwort sprechen Sie in der Regel nach ${seconds(s)} weiter.`,
  /** @param {number} s */
  pause_s: (s) => `Wenn nach Ihnen jemand anderes spricht, war es davor in der Regel ${seconds(s)} lang still.`,
  /** @param {number} count */
  long_pauses: (count) => (count === 0 ? "Nach Ihnen ist es nie 3 Sekunden lang still." : `Nach Ihnen ist es ${times(count)} 3 Sekunden oder länger still.`),
  /** @param {number} s */
  overlap_s: (s) => (s === 0 ? "Niemand spricht gleichzeitig mit jemand anderem." : `Mehrere sprechen gleichzeitig: ${long(s)}.`),
  /** @param {number} count */
  takeovers: (count) => (count === 0 ? "Niemand übernimmt, während jemand anderes spricht." : `${times(count)} übernimmt jemand, während eine andere Person spricht.`),
  /** @param {number} count */
  chains: (count) => (count === 0 ? "Nach jedem Beitrag aus der Runde sprechen Sie." : `${times(count)} sprechen mehrere nacheinander, ohne dass Sie dazwischen sprechen.`),
  /** @param {number} count */
  longest_chain: (count) => `Die längste solche Reihe: ${count} Beiträge.`,
  /** @param {{ colleagues: number, silent: number }} distribution */
  silent: ({ colleagues, silent }) => (silent === 0 ? "Alle Kolleginnen und Kollegen sprechen." : `${silent} von ${colleagues} Kolleginnen und Kollegen sprechen nicht.`),
  /** @param {number} value */
  gini: (value) => `Wie ungleich sich das Sprechen auf die anderen verteilt: ${decimal(value)}; 0 heißt alle gleich, 1 heißt eine Person allein.`,
  watch: "Ansehen",
};

export const how = {
  title: "Wie wird das gezählt?",
  header: "Aus der Lautstärke, die jeder Browser 50-mal in der Sekunde mit dem Ton mitschickt. Niemand hört zu, und keine Wörter werden gelesen.",
  decoded: "Aus der Lautstärke des aufgenommenen Tons, weil nicht jeder Browser sie mitgeschickt hat. Niemand hört zu, und keine Wörter werden gelesen.",
  segment: "Jemand spricht, wo ein Mikrofon 200 ms lang 12 Dezibel über seinem eigenen Hintergrund liegt, bis es 400 ms lang leise war. Kürzeres als 250 ms zählt nicht, und auch nicht, was ein Mikrofon von einer anderen Person im selben Raum hört.",
  caveat: "Über eine Leitung ist jede Pause länger als in einem Raum: Wer am selben Tisch 0,3 Sekunden zwischen Frage und Antwort lässt, lässt im Videogespräch etwa 1 Sekunde. Vergleichen Sie sich mit sich selbst.",
  people: "Kolleginnen und Kollegen, die eine Klasse spielen, antworten schneller und öfter als eine Klasse. Nichts hier sagt, wer besser war.",
};

export const formulas = {
  teacher_share: "Ihr Anteil am Gesagten: Ihre Sekunden, geteilt durch die Sekunden aller zusammen. Wer gleichzeitig spricht, zählt jeweils mit.",
  teacher_clock_share: "Ihr Anteil an der Zeit: Ihre Sekunden, geteilt durch die Länge des Films ohne seine Lücken.",
  silence_share: "Stille: die Zeit, in der niemand spricht, geteilt durch die Länge des Films ohne seine Lücken.",
  longest_stretch_s: "Längste Strecke: von Ihrem ersten bis zu Ihrem letzten Wort zwischen zwei Malen, in denen jemand anderes länger als 1 Sekunde spricht.",
  wait_1_s: "Nach einer Frage: von Ihrem letzten Wort, bevor jemand eine Frage bemerkt hat (eine halbe Sekunde vor dem Antippen), bis zum nächsten Wort von irgendjemandem. Der mittlere Wert von allen.",
  wait_2_s: "Nach einer Antwort: vom Ende eines Beitrags bis zu Ihrem nächsten Wort, wo Sie als Nächstes sprechen. Der mittlere Wert von allen.",
  pause_s: "Vor einem Beitrag: von Ihrem letzten Wort bis zum ersten von jemand anderem, wo niemand eine Frage bemerkt hat. Der mittlere Wert von allen.",
  long_pauses: "3 Sekunden: Stille nach Ihrem letzten Wort, wo niemand eine Frage bemerkt hat, gleich wer danach spricht.",
  overlap_s: "Gleichzeitig: die Zeit, in der mindestens zwei sprechen.",
  takeovers: "Übernehmen: Beide sprechen länger als eine halbe Sekunde, und wer später begonnen hat, spricht weiter.",
  chains: "Nacheinander: Beiträge von mindestens zwei verschiedenen Personen, bevor Sie wieder sprechen. Ein Beitrag dauert, bis jemand anderes spricht oder es 2 Sekunden lang still war.",
  silent: "Wer nicht spricht: alle, deren Stimme in der Aufnahme ist und nie als Sprechen zählt.",
  gini: "Verteilung: der Gini-Koeffizient der Sekunden aller außer Ihnen, mal n / (n − 1) bei n Personen.",
};

export const round = {
  title: "Der Rest dieser Runde",
  intro: "Nur der Unterricht wird aufgenommen. Von den anderen Teilen hat das Treffen selbst notiert, wie lang sie waren und wer wie lange an der Reihe war.",
  /** @param {string} title @param {number} s */
  phase: (title, s) => `${title}: ${long(s)}`,
  /** @param {string} name @param {number} s */
  turn: (name, s) => `${name}, an der Reihe: ${long(s)}`,
};
