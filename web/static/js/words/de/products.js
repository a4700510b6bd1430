// Words about what is made from a recording, in German.

import { number } from "../formats.js";

export const film = {
  title: "Behalten oder anderswo zeigen",
  what: "Ein Film in einer Datei, mit Namen und Kapiteln, der überall läuft.",
  colleagues: "Darin sind auch die Stimmen der anderen: Fragen Sie sie, bevor Sie ihn jemandem zeigen.",
  make: "Film zum Herunterladen erstellen (MP4)",
  again: "Noch einmal versuchen",
  cancel: "Abbrechen",
  progress: "Wie viel vom Film erstellt ist",
  /** @param {number} share */
  percent: (share) => `${Math.trunc(share * 100)} %`,
  none: "",
  queued: "Der Film wartet, bis er an der Reihe ist.",
  running: "Der Film wird erstellt. Sie können diese Seite inzwischen verlassen.",
  done: "Der Film ist fertig.",
  failed: "Der Film konnte nicht erstellt werden.",
  disk: "Der Film konnte nicht erstellt werden: Auf der Festplatte des Servers ist kein Platz mehr.",
  damaged: "Der Film konnte nicht erstellt werden: Ein Teil der Aufnahme ist nicht lesbar.",
  unanswered: "Der Server hat nicht geantwortet. Bitte versuchen Sie es noch einmal.",
  /** @param {number} bytes */
  download: (bytes) => `Film herunterladen (${number(Math.max(0.1, bytes / 1e6))} MB)`,
};
