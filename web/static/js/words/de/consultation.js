export const film = {
  region: "Der Film, für beide an derselben Stelle",
  together: "Sie sehen beide dieselbe Stelle.",
  /** @param {string} name */
  moved: (name) => `${name} hat den Film bewegt.`,
  youMoved: "Sie haben den Film bewegt.",
  onYourOwn: "Sie schauen für sich.",
  lookElsewhere: "Für mich schauen",
  /** @param {string} name */
  comeBack: (name) => (name === "" ? "Zurück zur gemeinsamen Stelle" : `Zurück zur Stelle von ${name}`),
  hear: "Drücken, um den Film zu hören",
  /** @param {string} name */
  mayNot: (name) => `${name} hat Ihnen diese Aufnahme nicht freigegeben. Sie können auch ohne sie sprechen.`,
  deleted: "Diese Aufnahme wurde gelöscht. Sie können auch ohne sie sprechen.",
  /** @param {string} name */
  cannot: (name) => `${name} kann den Film noch nicht sehen.`,
  /** @param {string} name */
  letWatch: (name) => `${name} zuschauen lassen`,
  openPage: "Die Aufnahme mit allen Notizen öffnen",
};

export const recorded = {
  off: "Keine Aufnahme – nur wenn Sie beide es wollen",
  waits: "Keine Aufnahme – Sie wollen sie, die andere Person hat es noch nicht gesagt",
  on: "Ihr Gespräch wird aufgenommen – Sie wollen es beide",
  /** @param {string} name */
  of: (name) => `Ihr Gespräch wird für ${name} aufgenommen – Sie wollen es beide`,
  paused: "Keine Aufnahme, bis die andere Person wieder da ist",
  why: "Aufgenommen wird nur, wenn Sie beide es wollen. Wer es sich anders überlegt, beendet die Aufnahme sofort für beide. Die Aufnahme gehört der Person, um deren Unterricht es geht.",
  record: "Unser Gespräch aufnehmen, wenn wir beide es wollen",
  dontRecord: "Unser Gespräch nicht aufnehmen",
  none: "Noch nichts gewählt: Es wird nichts aufgenommen.",
  stop: "Aufnahme beenden",
};

export const call = {
  title: "Gemeinsam darüber sprechen",
  /** @param {boolean} own */
  about: (own) => `Ein Gespräch zu zweit, in dem Sie beide den Film an derselben Stelle sehen. ${own ? "Ihn sieht nur, wem Sie ihn freigeben." : "Die Lehrperson erfährt davon."}`,
  now: "Das Gespräch jetzt öffnen",
  with: "Mit wem?",
  anybody: "Mit der Person, die den Link bekommt",
  later: "Einen Termin festlegen",
  when: "Wann?",
  set: "Diesen Termin festlegen",
  noTime: "Bitte wählen Sie einen Zeitpunkt, der noch kommt.",
  /** @param {string} when */
  setFor: (when) => `Festgelegt für ${when}.`,
  ready: "Der Raum ist offen.",
  enter: "Zum Raum",
  send: "Schicken Sie diesen Link der anderen Person. Er führt in den Raum und gibt den Film niemandem frei.",
  copy: "Link kopieren",
  calendar: "In meinen Kalender",
  failed: "Das hat nicht geklappt. Bitte versuchen Sie es noch einmal.",
};
