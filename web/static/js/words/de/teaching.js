// Words of the teacher and the learners in a lesson, in German.

/** @param {string} name */
export const simulated = (name) => `${name}, simuliert`;

export const tools = {
  region: "Was Sie tun können",
};

export const hand = {
  raise: "Melden",
  lower: "Meldung zurücknehmen",
  /** @param {string} name @param {number} place */
  up: (name, place) => `${name} meldet sich, Nummer ${place}`,
  /** @param {string} name */
  lowerOf: (name) => `Meldung von ${name} gesehen`,
};

export const chat = {
  title: "Klassenchat",
  open: "Chat",
  close: "Chat schließen",
  /** @param {number} count */
  unread: (count) => (count === 1 ? "1 neue Zeile" : `${count} neue Zeilen`),
  everybody: "Alle",
  /** @param {string} name */
  alone: (name) => `Nur ${name}`,
  whom: "Wer es liest",
  write: "An die Klasse schreiben",
  /** @param {string} name */
  writeAlone: (name) => `Nur an ${name} schreiben`,
  send: "Senden",
  you: "Sie",
  /** @param {string} name */
  toAlone: (name) => `nur an ${name}`,
  toYou: "nur an Sie",
  empty: "Noch hat niemand geschrieben.",
  rests: "Der Klassenchat ruht in diesem Schritt.",
};

export const picture = {
  region: "Was alle sehen",
  /** @param {number} page @param {number} pages */
  slide: (page, pages) => `Folie ${page} von ${pages}`,
  /** @param {number} page @param {number} pages */
  page: (page, pages) => `${page} von ${pages}`,
  back: "Vorige Folie",
  forward: "Nächste Folie",
  stopSlides: "Weglegen",
  /** @param {string} name */
  screen: (name) => `Bildschirm von ${name}`,
  yourScreen: "Alle sehen Ihr Fenster",
};

export const slides = {
  title: "Ihre Folien",
  /** @param {string} title */
  tryThem: (title) => `„${title}“ ausprobieren`,
  /** @param {string} title */
  show: (title) => `„${title}“ zeigen`,
  /** @param {number} pages */
  pages: (pages) => (pages === 1 ? "1 Folie" : `${pages} Folien`),
  bring: "Folien mitbringen",
  another: "Andere Folien mitbringen",
  what: "Ein PDF oder Bilder. Nichts wird gezeigt, bevor Sie es zeigen.",
  tryHint: "Was Sie jetzt ausprobieren, sehen alle.",
  /** @param {number} percent */
  coming: (percent) => `Ihre Folien werden gesendet: ${percent} %`,
  preparing: "Ihre Folien werden vorbereitet …",
  failed: "Ihre Folien sind nicht angekommen. Bitte versuchen Sie es noch einmal.",
  refused: "Diese Folien lassen sich nicht verwenden. Ein PDF oder Bilder gehen.",
  tooLarge: "Diese Folien sind zu groß. Weniger Seiten oder kleinere Bilder helfen.",
  share: "Ein Fenster teilen",
  stopSharing: "Nicht mehr teilen",
  shareHint: "Wählen Sie ein einzelnes Fenster, nicht den ganzen Bildschirm: Dann sieht niemand Ihre Nachrichten.",
  noSharing: "Ein Fenster lässt sich nur an einem Computer teilen. Folien, die Sie hier mitbringen, gehen auch auf diesem Gerät.",
  shareFailed: "Das Fenster ließ sich nicht teilen. Bitte versuchen Sie es noch einmal.",
  otherShares: "Gerade teilt jemand anderes.",
  small: "Gesichter über anderen Fenstern behalten",
  smallTitle: "Gesichter, Meldungen und Zeit",
};

export const ownPicture = {
  hide: "Mein Bild vor mir verbergen",
  show: "Mir mein Bild zeigen",
  hidden: "Die anderen sehen Sie.",
};

export const settings = {
  title: "Ton und Bild",
  open: "Ton und Bild: Einstellungen",
  close: "Fertig",
  play: "Einen Ton abspielen",
  level: "Sagen Sie ein paar Worte: Der Balken bewegt sich.",
  sameRoom: "Ist jemand im selben Raum wie Sie?",
  no: "Nein",
  /** @param {string} name */
  yes: (name) => `Ja, mit ${name}`,
  shared: "Die Person wird zuerst gefragt. Ihr Gerät gibt dann keinen Ton ab und nimmt keinen auf; man hört Sie über das andere Gerät.",
  agree: "Zwei Stimmen in einem Mikrofon lassen sich später nicht trennen. Aufgenommen wird nur, wenn Sie beide zugestimmt haben.",
  bell: "Ein leiser Gong, wenn die Zeit um ist",
};

export const shared = {
  /** @param {string} name */
  microphone: (name) => `Ton: ${name}`,
  /** @param {string} name */
  suggest: (name) => `Sie und ${name} sind offenbar im selben Raum. Den Ton von ${name} für beide verwenden?`,
  yes: "Ja, für beide verwenden",
  no: "Nein, wir sind getrennt",
  /** @param {string} name */
  asks: (name) => `${name} sitzt in Ihrem Raum und möchte Ihr Mikrofon mitbenutzen. Für beide verwenden?`,
  consent:
    "Eine einzelne Stimme lässt sich aus einem gemeinsamen Mikrofon später nicht entfernen, deshalb müssen Sie beide der Aufnahme zustimmen. Möchte jemand von Ihnen nicht in die Aufnahme, ist von diesem Mikrofon darin nichts zu hören.",
  refuse: "Nein",
  /** @param {string} name */
  asked: (name) => `${name} wird gefragt. Bis dahin gilt Ihr eigenes Mikrofon.`,
  takeBack: "Doch nicht",
  /** @param {string} name */
  end: (name) => `${name} benutzt Ihr Mikrofon. Beenden`,
  recordingAsked: "Jemand, mit dem Sie das Mikrofon teilen, möchte nicht aufgenommen werden; deshalb bleibt auch Ihre Stimme weg.",
};

export const countIn = {
  begins: "Der Unterricht beginnt",
  goesOn: "Es geht weiter",
  ends: "Der nächste Schritt beginnt",
};

export const card = {
  /** @param {string} name */
  from: (name) => `${name} zeigt Ihnen:`,
  two_minutes: "Noch 2 Minuten",
  cannot_hear: "Wir hören Sie nicht",
  cannot_see_slides: "Wir sehen Ihre Folien nicht",
  close: "Gesehen",
};
