// Wie jemandes Verbindung ist, und was hilft.

import { names } from "../formats.js";

export const line = {
  badge: {
    /** @param {string} name */
    fair: (name) => `Die Verbindung von ${name} ist nicht ganz stabil`,
    /** @param {string} name */
    poor: (name) => `Die Verbindung von ${name} ist schwach`,
    /** @param {string} name */
    lost: (name) => `Die Verbindung von ${name} ist unterbrochen`,
  },
  own: {
    fair: "Ihre eigene Verbindung ist nicht ganz stabil",
    poor: "Ihre eigene Verbindung ist schwach",
    lost: "Ihre eigene Verbindung ist unterbrochen",
  },
  up: {
    fair: "Ihre Verbindung ist nicht ganz stabil: Andere sehen Sie ab und zu weniger deutlich.",
    poor: "Ihre Verbindung ist schwach: Andere sehen Sie vielleicht ruckeln und hören Sie mit Lücken.",
  },
  down: {
    fair: "Ihre Verbindung ist nicht ganz stabil: Was Sie sehen, bleibt vielleicht ab und zu stehen.",
    poor: "Ihre Verbindung ist schwach: Sie sehen andere vielleicht ruckeln und hören sie mit Lücken.",
  },
  both: {
    fair: "Ihre Verbindung ist in beiden Richtungen nicht ganz stabil: Bilder bleiben vielleicht ab und zu stehen.",
    poor: "Ihre Verbindung ist in beiden Richtungen schwach: Sie und die anderen hören und sehen einander vielleicht mit Lücken.",
  },
  reduced: "Bilder sind jetzt kleiner, damit die Stimmen deutlich bleiben.",
  busy: "Dieser Server hat viel zu tun: Bilder sind jetzt kleiner, damit die Stimmen deutlich bleiben.",
  slow: "Ihr Gerät ist an seiner Grenze: Bilder ruckeln vielleicht. Es hilft, andere Programme und Fenster zu schließen.",
  helps: "Was hilft",
  remedies: [
    "Gehen Sie näher an den WLAN-Router, oder stecken Sie ein Netzwerkkabel ein.",
    "Schließen Sie andere Videos, Anrufe und Downloads, auch die von anderen bei Ihnen zu Hause.",
    "Schalten Sie Ihre Kamera für eine Weile aus. Ihre Stimme kommt zuerst, und alles außer Ton und Bild geht ohnehin weiter.",
  ],
  cameraOff: "Meine Kamera ausschalten",
  hide: "Ausblenden",
  /** @param {string} name */
  suggested: (name) => `${name} schlägt vor, dass Sie Ihre Kamera für eine Weile ausschalten, damit Ihre Stimme deutlich ankommt.`,
  leading: {
    /** @param {string} name */
    up: (name) => `${name} kommt bei den anderen mit Lücken an`,
    /** @param {string} name */
    down: (name) => `${name} hört und sieht die anderen mit Lücken`,
    /** @param {string} name */
    both: (name) => `Die Verbindung von ${name} ist in beiden Richtungen schwach`,
    /** @param {number} count */
    more: (count) => (count === 1 ? "und eine weitere Person mit schwacher Verbindung" : `und ${count} weitere Personen mit schwacher Verbindung`),
    suggest: "Vorschlagen: Kamera aus",
    /** @param {string} name */
    suggestAloud: (name) => `Vorschlagen: Kamera aus (${name})`,
    /** @param {string} name */
    done: (name) => `${name} sieht den Vorschlag jetzt.`,
  },
  after: {
    title: "Verbindungen",
    /** @param {string} name @param {number} minutes */
    weak: (name, minutes) => `Die Verbindung von ${name} war ${minutes === 1 ? "eine Minute" : `${minutes} Minuten`} lang schwach.`,
    /** @param {string} name @param {number} minutes @param {number} times */
    both: (name, minutes, times) =>
      `Die Verbindung von ${name} war ${minutes === 1 ? "eine Minute" : `${minutes} Minuten`} lang schwach und wurde ${often(times)} neu hergestellt.`,
    /** @param {string} name @param {number} times */
    again: (name, times) => `Die Verbindung von ${name} wurde ${often(times)} neu hergestellt.`,
    /** @param {readonly string[]} people */
    advice: (people) => `Vor dem nächsten Treffen hilft es, mit ${names(people)} über ein Kabel oder einen besseren Platz zu sprechen.`,
  },
};

/** @param {number} times */
function often(times) {
  return times === 1 ? "einmal" : times === 2 ? "zweimal" : `${times}-mal`;
}
