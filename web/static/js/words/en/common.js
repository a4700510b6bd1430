// Words of every page, in English.

import { dayAndTime, names, number, position, time } from "../formats.js";

/** @param {number} seconds */
export const length = (seconds) => {
  if (seconds < 60) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  const minutes = Math.round(seconds / 6) / 10;
  return minutes === 1 ? "1 minute" : `${number(minutes)} minutes`;
};
/** @param {number} ms quiet words for somebody who teaches: no figures that run until the last half minute */
export const timeLeft = (ms) => {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds === 0) return "time is up";
  if (seconds <= 30) return seconds === 1 ? "1 second left" : `${seconds} seconds left`;
  const minutes = Math.max(1, Math.round(seconds / 60));
  return minutes === 1 ? "1 minute left" : `${minutes} minutes left`;
};
/** @param {string} name */
const whose = (name) => (/[sxz]$/i.test(name) ? `${name}’` : `${name}’s`);

export const now = {
  before: "Before we start: everybody can talk",
  /** @param {string} name */
  beforeLeadBy: (name) => `${name} starts when everybody is ready.`,
  beforeYouLead: "Start when everybody is ready.",
  yourLessonWaits: "Your lesson is next. Start when you are ready",
  /** @param {string} name */
  lessonWaits: (name) => `${name} starts the lesson in a moment`,
  yourLesson: "Your lesson is running",
  /** @param {string} name */
  lesson: (name) => `${name} is teaching`,
  yourGrace: "Finish your sentence",
  /** @param {string} name */
  grace: (name) => `${name} is finishing`,
  finishing: "We are finishing this step",
  writing: "Everyone is writing in silence",
  listening: "A quiet moment: nobody speaks now",
  youSpeak: "You speak now, everybody listens",
  /** @param {string} name */
  speaks: (name) => `${name} speaks now`,
  /** @param {string} name */
  teacherSpeaks: (name) => `${name} speaks now, everybody listens`,
  /** @param {string} title */
  open: (title) => `${title}: everybody can talk`,
  /** @param {string} title */
  waits: (title) => `${title} begins in a moment`,
  ended: "The session has ended",
};

export const next = {
  /** @param {number} ms */
  until: (ms) => `Until ${time(ms)}`,
  /** @param {string} title */
  then: (title) => `Then: ${title}`,
  /** @param {string} title @param {string} name */
  thenOf: (title, name) => `Then: ${title} (${name})`,
  you: "You are next",
  /** @param {string} name */
  speaker: (name) => `${name} is next`,
};

export const recording = {
  off: "Not recorded",
  yours: "Recording your lesson – only you can watch it",
  /** @param {string} name */
  of: (name) => `Recording ${whose(name)} lesson – only ${name} can watch it`,
  /** @param {number} count */
  leftOut: (count) => (count === 1 ? "1 voice is left out" : `${count} voices are left out`),
};

export const action = {
  /** @param {number} seconds */
  startLesson: (seconds) => `I’m ready – start my ${length(seconds)}`,
  startLessonPlain: "I’m ready – start my lesson",
  /** @param {string} name */
  startLessonOf: (name) => `Start ${whose(name)} time`,
  /** @param {string} name */
  startWith: (name) => `Start with ${name}`,
  start: "Start",
  /** @param {string} title */
  next: (title) => `Next: ${title}`,
  end: "End the session",
  finish: "Finish",
  done: "Done",
  /** @param {string} name */
  doneOver: (name) => `Done – over to ${name}`,
  /** @param {string} name */
  nextSpeaker: (name) => `Next: ${name}`,
  speakerDone: "Go on",
  ready: "I’m ready",
  notReady: "Not yet after all",
  allReady: "All ready – go on",
};

export const ready = {
  /** @param {number} count @param {number} expected */
  count: (count, expected) => `${count} of ${expected} ready`,
  /** @param {readonly string[]} waiting */
  writing: (waiting) => `still writing: ${names(waiting)}`,
};

export const faces = {
  /** @param {string} name */
  you: (name) => `${name} (you)`,
  /** @param {string} name */
  teaching: (name) => `${name} · teaching`,
  /** @param {string} name */
  speaking: (name) => `${name} · speaking now`,
  /** @param {string} name */
  writing: (name) => `${name} · writing now`,
  /** @param {string} name */
  consults: (name) => `${name} · consultant`,
  region: "People in the room",
};

export const order = {
  title: "Who teaches when",
  /** @param {string} name @param {number | null} ms */
  entry: (name, ms) => (ms === null ? name : `${name}, about ${time(ms)}`),
  /** @param {readonly string[]} missing */
  missing: (missing) => `Not here yet: ${names(missing)}`,
  complete: "Everybody is here.",
  taken: "The places to teach are taken.",
};

export const choice = {
  title: "The recording",
  teacher: "Only your lesson is recorded, not the talk afterwards. Only you can watch it; it is not used for appraisal.",
  colleague: "Only the lesson is recorded, not the talk afterwards. Only the teacher can watch it; your face is never in it.",
  record: "Record my lesson – only I can watch it",
  dontRecord: "Don’t record my lesson",
  voiceIn: "My voice may be in it",
  voiceOut: "Leave my voice out",
  none: "Nothing chosen yet: until you choose, you are left out.",
};

export const moments = {
  region: "Notice a moment",
  /** @param {number | null} atMs */
  noted: (atMs) => (atMs === null ? "Noted" : `Noted ${position(atMs)}`),
  undo: "undo",
  yours: "Moments you noticed",
  /** @param {string} label @param {string} at */
  remove: (label, at) => `Remove ${label}, ${at}`,
};

export const form = {
  onlyYouTeacher: "Only you see this.",
  kept: "Kept",
  keeping: "Keeping …",
  waiting: "Kept on this device until the connection is back",
  refused: "This could not be kept",
  failed: "Not kept yet; trying again",
  notes: "Your notes",
};

export const entries = {
  ofOthers: "What your colleagues wrote",
  title: "From your colleagues",
  nothing: "Nothing written; it can be said.",
};

export const takes = {
  watch: "Watch your recording",
  /** @param {number} number */
  watchNumber: (number) => `Watch your recording, lesson ${number}`,
  failed: "Your recording could not be finished. Ask the person who runs this server.",
  onlyYou: "Only you can watch it. It opens in a new tab.",
};

export const devices = {
  microphoneOn: "Microphone on",
  microphoneRests: "Microphone rests",
  microphoneOff: "Microphone off",
  microphoneNone: "No microphone",
  cameraOn: "Camera on",
  cameraOff: "Camera off",
  cameraNone: "No camera",
  opening: "Opening camera and microphone …",
  ok: "Camera and microphone work.",
  cameraOnly: "Your camera works, but there is no microphone.",
  microphoneOnly: "Your microphone works. There is no picture; that is fine.",
  none: "You come in without camera and microphone. You see and hear everybody.",
  heard: "We can hear you.",
  speak: "Say a few words: the bar moves.",
  again: "Try again",
  hear: "Tap to hear the others",
  noPicture: "No picture",
  menus: "Choose camera and microphone",
  camera: "Camera",
  microphone: "Microphone",
  anyCamera: "Usual camera",
  anyMicrophone: "Usual microphone",
  without: "None",
  problem: {
    refused: "The browser does not allow camera or microphone here. Allow them beside the address of this page, then try again.",
    missing: "No camera or microphone was found. Plug one in, then try again.",
    busy: "Another program uses the camera or microphone. Close it there, then try again.",
    insecure: "Browsers give camera and microphone to https pages only. Ask for an address that begins with https.",
    unknown: "Camera or microphone could not be opened. Try again, or come in without.",
  },
};

export const connection = {
  away: "The connection to the server is being restored. Sound and picture go on.",
  media: "Sound and picture are being restored.",
  replacedTitle: "This seat is open in another window",
  replaced: "Sound, picture and everything you wrote are there.",
  useHere: "Use it here",
  outdated: "The session went on meanwhile, so that was not done.",
  failed: "That did not work. Please try again.",
};

export const copy = {
  copied: "Copied",
  failed: "Please copy it by hand",
};

export const sound = {
  play: "Play a sound",
  asked: "Did you hear it?",
  yes: "Yes",
  no: "No",
  works: "Good: your sound works.",
  help: "Turn the volume up and look which loudspeaker or earphones this device uses. Then play it again.",
  earphones: "Use earphones if you can.",
};

export const film = {
  recording: "Your recording is being finished. It opens here by itself in a moment.",
  preparing: "Your recording is being prepared. It opens here by itself in a moment.",
  failed: "This recording could not be finished, so there is nothing to watch. Ask the person who runs this server.",
  unreachable: "The server cannot be reached at the moment. This page keeps trying.",
  /** @param {string} label @param {string} name */
  moment: (label, name) => (name ? `${label}, ${name}` : label),
  /** @param {number} count */
  showNotes: (count) => `Show my colleagues’ notes (${count})`,
  noNotes: "There are no notes.",
  hole: { held: "The clock was held here", lost: "Picture or sound is missing here", full: "Here the disk of the server was full" },
  missing: { picture: "The picture is missing here", voice: "The voice is missing here" },
  screenLarge: "Show the screen larger",
  faceLarge: "Show the teacher larger",
};

export const setUp = {
  next: "Next",
  back: "Back",
  /** @param {number} ms */
  ends: (ms) => `we end at ${time(ms)}`,
  /** @param {number} ms */
  endsIfNow: (ms) => `if you begin now, you end at ${time(ms)}`,
};

export const invitation = {
  /** @param {number} ms */
  when: (ms) => `We meet on ${dayAndTime(ms)}.`,
};
