// Words about what is made from a recording, in English.

import { number } from "../formats.js";

export const film = {
  title: "Keep or show it elsewhere",
  what: "A film in one file, with names and chapters, that plays anywhere.",
  colleagues: "Your colleagues’ voices are in it too: ask them before you show it to others.",
  make: "Make a film to download (MP4)",
  again: "Try again",
  cancel: "Cancel",
  progress: "How much of the film is made",
  /** @param {number} share */
  percent: (share) => `${Math.trunc(share * 100)} %`,
  none: "",
  queued: "The film waits for its turn.",
  running: "The film is being made. You can leave this page meanwhile.",
  done: "The film is ready.",
  failed: "The film could not be made.",
  disk: "The film could not be made: there is no room left on the server’s disk.",
  damaged: "The film could not be made: a part of the recording cannot be read.",
  unanswered: "The server did not answer. Please try again.",
  /** @param {number} bytes */
  download: (bytes) => `Download the film (${number(Math.max(0.1, bytes / 1e6))} MB)`,
};
