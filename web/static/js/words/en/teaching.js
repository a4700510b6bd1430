// Words of the teacher and the learners in a lesson, in English.

/** @param {string} name */
export const simulated = (name) => `${name}, simulated`;

export const tools = {
  region: "What you can do",
};

export const hand = {
  raise: "Raise hand",
  lower: "Lower hand",
  /** @param {string} name @param {number} place */
  up: (name, place) => `${name}: hand raised, number ${place}`,
  /** @param {string} name */
  lowerOf: (name) => `Lower the hand of ${name}`,
};

export const chat = {
  title: "Class chat",
  open: "Chat",
  close: "Close the chat",
  /** @param {number} count */
  unread: (count) => (count === 1 ? "1 new line" : `${count} new lines`),
  everybody: "Everybody",
  /** @param {string} name */
  alone: (name) => `${name} alone`,
  whom: "Who reads it",
  write: "Write to the class",
  /** @param {string} name */
  writeAlone: (name) => `Write to ${name} alone`,
  send: "Send",
  you: "You",
  /** @param {string} name */
  toAlone: (name) => `to ${name} alone`,
  toYou: "to you alone",
  empty: "Nobody has written yet.",
  rests: "The class chat rests in this step.",
};

export const picture = {
  region: "What everybody sees",
  /** @param {number} page @param {number} pages */
  slide: (page, pages) => `Slide ${page} of ${pages}`,
  /** @param {number} page @param {number} pages */
  page: (page, pages) => `${page} of ${pages}`,
  back: "Slide before",
  forward: "Next slide",
  stopSlides: "Put away",
  /** @param {string} name */
  screen: (name) => `Screen of ${name}`,
  yourScreen: "Your window is what everybody sees",
};

export const slides = {
  title: "Your slides",
  /** @param {string} title */
  tryThem: (title) => `Try “${title}”`,
  /** @param {string} title */
  show: (title) => `Show “${title}”`,
  /** @param {number} pages */
  pages: (pages) => (pages === 1 ? "1 slide" : `${pages} slides`),
  bring: "Bring slides",
  another: "Bring other slides",
  what: "A PDF, or pictures. Nothing is shown before you show it.",
  tryHint: "What you try now is what everybody sees.",
  /** @param {number} percent */
  coming: (percent) => `Sending your slides: ${percent} %`,
  preparing: "Your slides are being prepared …",
  failed: "Your slides did not arrive. Please try again.",
  refused: "These slides cannot be used. A PDF or pictures work.",
  tooLarge: "These slides are too large. Fewer pages or smaller pictures help.",
  share: "Share a window",
  stopSharing: "Stop sharing",
  shareHint: "Choose one window, not the whole screen: then nobody sees your messages.",
  noSharing: "A window can be shared from a computer only. Slides that you bring here work on this device too.",
  shareFailed: "The window could not be shared. Please try again.",
  otherShares: "Somebody else is sharing now.",
  small: "Keep the faces on top of other windows",
  smallTitle: "Faces, hands and time",
};

export const ownPicture = {
  hide: "Hide my picture from me",
  show: "Show my picture to me",
  hidden: "Others see you.",
};

export const settings = {
  title: "Sound and picture",
  open: "Sound and picture: settings",
  close: "Done",
  play: "Play a sound",
  level: "Say a few words: the bar moves.",
  sameRoom: "Is a colleague in the same room as you?",
  no: "No",
  /** @param {string} name */
  yes: (name) => `Yes, with ${name}`,
  shared: "This person is asked first. Your device then makes no sound and takes none; you are heard through the other device.",
  agree: "Two voices in one microphone cannot be told apart later. It is recorded only if both of you have agreed to that.",
  bell: "A soft bell when time is up",
};

export const shared = {
  /** @param {string} name */
  microphone: (name) => `Sound: ${name}`,
  /** @param {string} name */
  suggest: (name) => `You and ${name} seem to be in one room. Use the sound of ${name} for both?`,
  yes: "Yes, use it for both",
  no: "No, we are apart",
  /** @param {string} name */
  asks: (name) => `${name} sits in your room and would use your microphone. Use it for both?`,
  consent:
    "One voice of a shared microphone cannot be taken out of a recording later, so both of you must agree to be recorded. If either of you chooses “leave me out”, this microphone is silent in the recording.",
  refuse: "No",
  /** @param {string} name */
  asked: (name) => `${name} is asked. Until then you use your own microphone.`,
  takeBack: "Never mind",
  /** @param {string} name */
  end: (name) => `${name} uses your microphone. End that`,
  recordingAsked: "Somebody who shares your microphone has chosen to be left out, so your voice is left out too.",
};

export const countIn = {
  begins: "The lesson begins",
  goesOn: "It goes on",
  ends: "The next step begins",
};

export const card = {
  /** @param {string} name */
  from: (name) => `${name} shows you:`,
  two_minutes: "2 minutes left",
  cannot_hear: "We can’t hear you",
  cannot_see_slides: "We can’t see your slides",
  close: "Seen",
};
