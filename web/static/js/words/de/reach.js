// Worte dazu, ob Ton und Bild durchkommen, auf Deutsch. Was für Leute gedacht ist, die ein Netz betreuen, nennt deren Begriffe.

/** @import { Reach } from "../../reach.js" */
/** @import { RelayPlace } from "../../views/blocked_help.js" */

/** @type {Record<Reach["outcome"] | "trying", string>} */
export const outcome = {
  trying: "Es wird ausprobiert, ob Ton und Bild durchkommen …",
  fine: "Ton und Bild kommen von hier aus durch.",
  detour: "Ton und Bild kommen über einen Umweg durch. Alles funktioniert, etwas später als auf direktem Weg.",
  blocked: "Dieses Netz lässt Ton und Bild nicht durch.",
  refused: "Dieses Netz lässt Ton und Bild nur über einen Umweg durch, und der Umweg nimmt diese Seite nicht an. Bitte sagen Sie es der Person, die diesen Server betreibt.",
  nowhere: "Der Browser findet für Ton und Bild keinen Weg in ein Netz. Sehen Sie nach, ob dieses Gerät online ist und ob eine Erweiterung des Browsers oder ein VPN es verbietet.",
  unknown: "",
};

export const room = { blocked: "Ton und Bild kommen von hier aus nicht durch. Es wird weiter versucht." };

export const without = {
  before: "Sie können trotzdem eintreten: Sie lesen, schreiben, melden sich und kommen an die Reihe. Nur Ton und Bild fehlen.",
  inside: "Alles andere funktioniert: Sie lesen und schreiben, melden sich und kommen an die Reihe.",
};

export const help = {
  again: "Noch einmal versuchen",
  summary: "Was Sie tun können",
  network: "Nehmen Sie ein anderes Netz, zum Beispiel den Hotspot eines Telefons.",
  vpn: "Wenn ein VPN eingeschaltet ist, schalten Sie es aus und versuchen Sie es noch einmal.",
  send: "Für das nächste Mal: Schicken Sie diesen Text an die Leute, die das Netz Ihrer Schule betreuen.",
  copy: "Text für die IT Ihrer Schule kopieren",
};

/** @param {string} page @param {readonly string[]} direct @param {readonly string[]} detours */
export const forIt = (page, direct, detours) =>
  [
    `Microteach (${page}) wird für Unterricht mit Ton und Bild benutzt (WebRTC). Die Seiten kommen aus unserem Netz durch, Ton und Bild nicht.`,
    "Bitte aus unserem Netz erlauben, mit den Antworten darauf:",
    ...direct,
    ...(detours.length ? ["oder, wenn das nicht geht, das Relay derselben Installation:", ...detours] : []),
    "Es ist verschlüsselt (DTLS-SRTP) und geht immer von hier aus.",
  ].join("\n");

/** @param {string} address @param {number} port */
export const directLine = (address, port) => `- UDP zu ${address}, Port ${port}`;
/** @param {RelayPlace} relay */
export const relayLine = ({ host, port, protocol, secure }) => `- ${protocol.toUpperCase()}${secure ? " (TLS)" : ""} zu ${host}, Port ${port}`;
