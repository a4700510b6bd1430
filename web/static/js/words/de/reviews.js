// Wörter über das Fragen und Antworten von Beraterinnen und Beratern, auf Deutsch.

const dayName = new Intl.DateTimeFormat("de", { weekday: "long", day: "numeric", month: "long" });
/** @param {number} ms */
export const day = (ms) => dayName.format(ms);

export const ask = {
  title: "Beratung fragen",
  lead: "Jemand mit Erfahrung sieht Ihren Unterricht an und schreibt Ihnen. Sie sagen, wer, was Sie wissen möchten und bis wann.",
  open: "Beratung fragen",
  openAgain: "Noch jemanden fragen",
  who: "Wen fragen Sie?",
  somebodyNew: "Jemand Neues",
  name: "Name",
  address: "E-Mail (wenn Sie mögen)",
  mailed: "Der Link wird dorthin geschickt, auch Erinnerungen.",
  questions: "Ihre Fragen, bis zu drei",
  /** @param {number} number */
  question: (number) => `Frage ${number}`,
  due: "Antwort bis",
  reads: "Was neben dem Film zu lesen ist",
  card: "Ihre Unterrichtskarte: immer",
  notes: "Was Kolleginnen und Kollegen notiert haben",
  own: "Meine eigenen Notizen und meine eigene Sicht",
  talk: "Wer wann gesprochen hat",
  makes: "Die Person bekommt einen eigenen Link, ein Konto ist nicht nötig. Er endet 30 Tage nach diesem Tag, oder wenn Sie das Teilen beenden.",
  send: "Fragen",
  cancel: "Jetzt nicht",
  failed: "Der Server war nicht zu erreichen. Nichts ist verloren; bitte versuchen Sie es noch einmal.",
  /** @param {string} name */
  instead: (name) => `Statt ${name}: Die Fragen bleiben, der Link für ${name} endet.`,
};

export const link = {
  /** @param {string} name */
  title: (name) => `Der Link für ${name}`,
  once: "Wer ihn zuerst öffnet, kann ansehen; danach niemand sonst. Schicken Sie ihn nur der Person, die Sie fragen.",
  copy: "Link kopieren",
  copyMessage: "Nachricht kopieren",
  message: "Eine Nachricht, fertig zum Verschicken",
  /** @param {string} name */
  picture: (name) => `Der Link für ${name} als Bild für die Kamera eines Telefons`,
  /** @param {string} name @param {number} due @param {string} address */
  request: (name, due, address) =>
    `Guten Tag ${name},\n\nwürden Sie ein kurzes Stück meines Unterrichts ansehen und mir bis ${day(due)} schreiben, was Sie sehen? Es dauert etwa zwanzig Minuten.\n\n` +
    `Öffnen Sie diesen Link in einem Browser; ein Konto ist nicht nötig:\n${address}\n\nIch lese erst, was Sie schreiben, wenn Sie auf „Senden“ drücken.`,
  /** @param {string} name @param {number} due @param {string} address */
  reminder: (name, due, address) =>
    `Guten Tag ${name},\n\neine kurze Erinnerung an den Unterricht, den Sie bis ${day(due)} ansehen wollten:\n${address}\n\nWenn es nicht passt, sagen Sie es dort mit einem Druck.`,
};

export const asked = {
  /** @param {number} ms @param {number} due */
  asked: (ms, due) => `Gefragt am ${day(ms)}, Antwort bis ${day(due)}. Noch nicht geöffnet.`,
  /** @param {number} ms @param {number} due */
  opened: (ms, due) => `Geöffnet am ${day(ms)}, Antwort bis ${day(due)}.`,
  /** @param {number} due */
  accepted: (due) => `Antwortet bis ${day(due)}.`,
  /** @param {number} ms */
  offered: (ms) => `Kann bis dahin nicht, bietet ${day(ms)} an.`,
  /** @param {number} due */
  late: (due) => `Noch ist nichts gekommen; der Tag war ${day(due)}. Sie können jemand anderen fragen.`,
  /** @param {number} ms */
  declined: (ms) => `Möchte lieber nicht (${day(ms)}).`,
  /** @param {number} ms */
  sent: (ms) => `Gesendet am ${day(ms)}.`,
  ended: "Nicht mehr gefragt.",
  /** @param {string} text */
  message: (text) => `„${text}“`,
  /** @param {number} ms */
  agree: (ms) => `${day(ms)} passt`,
  remind: "Erinnern",
  somebodyElse: "Jemand anderen fragen",
  stop: "Nicht mehr fragen",
  showLink: "Link zeigen",
  /** @param {string} name */
  reminded: (name) => `${name} wurde mit einer E-Mail erinnert.`,
  /** @param {string} name */
  remindYourself: (name) => `Schicken Sie das an ${name}:`,
  /** @param {string} name */
  stopped: (name) => `${name} wird nicht mehr gefragt, und der Link hat geendet.`,
  /** @param {number} count */
  earlier: (count) => `Nicht mehr (${count})`,
};

export const summary = {
  /** @param {string} name */
  title: (name) => `Was ${name} Ihnen schreibt`,
  worked: "Was gut war",
  suggestions: "Vorschläge",
  /** @param {string} at */
  at: (at) => `bei ${at}`,
  choose: "Das nehme ich mir vor",
  talk: "Darüber sprechen",
  talkFailed: "Das Gespräch konnte nicht angelegt werden. Bitte versuchen Sie es noch einmal.",
  /** @param {string} name */
  talkMade: (name) => `Der Raum ist offen, und ${name} erfährt davon.`,
  enter: "In den Raum gehen",
  empty: "In der Zusammenfassung steht nichts; sehen Sie die Notizen an.",
};

export const brief = {
  /** @param {string} name */
  title: (name) => `${name} fragt Sie`,
  /** @param {number} due */
  by: (due) => `bis ${day(due)}`,
  lesson: "Der Unterricht und die Lernenden",
  goal: "Am Ende können sie …",
  questions: "Die Fragen an Sie",
  noQuestions: "Keine Fragen: Schreiben Sie, was Ihnen auffällt.",
  /** @param {number} due */
  accept: (due) => `Ich antworte bis ${day(due)}`,
  /** @param {number} due */
  accepted: (due) => `Sie haben zugesagt, bis ${day(due)} zu antworten.`,
  /** @param {number} ms @param {string} name */
  offered: (ms, name) => `Sie haben ${day(ms)} angeboten; ${name} weiß es.`,
  late: "Der Tag ist vorbei. Sie können trotzdem noch senden oder einen anderen Tag anbieten.",
  /** @param {number} ms */
  sent: (ms) => `Gesendet am ${day(ms)}.`,
  later: "Bis dahin kann ich nicht",
  date: "Ich könnte antworten bis",
  /** @param {string} name */
  message: (name) => `Eine Zeile an ${name}, wenn Sie mögen`,
  offer: "Diesen Tag anbieten",
  decline: "Lieber nicht",
  declineNow: "Nein, danke",
  /** @param {string} name */
  declineAbout: (name) => `Ein Grund ist nicht nötig. Der Link endet dann, und ${name} kann jemand anderen fragen.`,
  desk: "Alle Anfragen an Sie",
};

export const writing = {
  /** @param {string} name */
  title: (name) => `Ihre Zusammenfassung für ${name}`,
  /** @param {string} name */
  lead: (name) => `${name} liest nichts davon und keine Ihrer Notizen, bevor Sie auf „Senden“ drücken.`,
  worked: "Was gut war",
  workedHint: "Was Sie gesehen haben, und was es bei den Lernenden bewirkt hat",
  suggestions: "Höchstens drei Vorschläge",
  /** @param {number} number */
  suggestion: (number) => `Vorschlag ${number}`,
  suggestionHint: "Eine Zeile: Nächstes Mal könnten Sie …",
  /** @param {string} at */
  here: (at) => `Moment ${at} dazu`,
  /** @param {string} at */
  at: (at) => `Bei ${at}`,
  /** @param {string} at */
  jump: (at) => `Ab ${at} ansehen`,
  noMoment: "Ohne den Moment",
  saved: "Gespeichert.",
  saving: "Wird gespeichert …",
  kept: "Auf diesem Gerät aufgehoben, bis es gespeichert werden kann.",
  /** @param {string} name */
  preview: (name) => `Was ${name} sehen wird`,
  /** @param {string} name */
  send: (name) => `An ${name} senden`,
  nothing: "In der Zusammenfassung steht noch nichts.",
  noSuggestion: "Es gibt noch keinen Vorschlag. Eine Sache zum Ausprobieren hilft am meisten.",
  noMomentYet: "Kein Vorschlag zeigt auf einen Moment des Films.",
  /** @param {string} name @param {number} notes */
  goes: (name, notes) =>
    `${name} bekommt die Zusammenfassung${notes === 0 ? "" : notes === 1 ? " und Ihre Notiz" : ` und Ihre ${notes} Notizen`}. Das lässt sich nicht zurücknehmen.`,
  sendNow: "Jetzt senden",
  notYet: "Noch nicht",
  failed: "Das Senden ist nicht gelungen. Alles ist aufgehoben; bitte versuchen Sie es noch einmal.",
  /** @param {string} name @param {number} ms */
  sent: (name, ms) => `Gesendet an ${name}, ${day(ms)}. Danke.`,
  after: "Was Ihnen später einfällt, kann eine Notiz sein: Sie wird sofort gelesen.",
  elsewhere: "Die Zusammenfassung wurde inzwischen auf einer anderen Seite geändert. Welche bleibt?",
  mine: "Die hier",
  theirs: "Die andere",
};

export const agreement = {
  title: "Wo Sie auf dieselbe Stelle zeigen",
  lead: "Momente und Notizen, die höchstens zehn Sekunden auseinander liegen.",
  /** @type {Record<string, string>} */
  rows: { teacher: "Lehrperson", colleagues: "Kolleginnen und Kollegen", consultant: "Beratung" },
  you: "Sie",
  /** @param {string} names @param {number} count @param {boolean} withYou */
  joined: (names, count, withYou) => `${names} ${count === 1 && !withYou ? "zeigt" : "zeigen"}${count === 2 ? " beide" : count > 2 ? " alle" : ""} hierher`,
  none: "Noch zeigt niemand auf dieselbe Stelle wie jemand anders.",
  /** @param {number} count */
  alone: (count) => `Wo nur eine oder einer zeigt (${count})`,
  /** @type {Record<string, string>} */
  kinds: { worked: "gut", change: "würde ändern", question: "Frage", note: "Notiz", moment: "Moment", suggestion: "Vorschlag" },
  /** @param {string} from @param {string} to */
  span: (from, to) => (from === to ? from : `${from}–${to}`),
};
