export const film = {
  region: "The film, at the same place for both",
  together: "You both see the same place.",
  /** @param {string} name */
  moved: (name) => `${name} has moved the film.`,
  youMoved: "You have moved the film.",
  onYourOwn: "You look on your own.",
  lookElsewhere: "Look on my own",
  /** @param {string} name */
  comeBack: (name) => (name === "" ? "Back to the shared place" : `Back to ${name}’s place`),
  hear: "Press to hear the film",
  /** @param {string} name */
  mayNot: (name) => `${name} has not let you watch this recording. You can talk without it.`,
  deleted: "This recording has been deleted. You can talk without it.",
  /** @param {string} name */
  cannot: (name) => `${name} cannot see the film yet.`,
  /** @param {string} name */
  letWatch: (name) => `Let ${name} watch`,
  openPage: "Open the recording with all notes",
};

export const recorded = {
  off: "Not recorded – only if you both want it",
  waits: "Not recorded – you want it, the other one has not said so",
  on: "Your talk is being recorded – you both want it",
  /** @param {string} name */
  of: (name) => `Your talk is being recorded for ${name} – you both want it`,
  paused: "Not recorded until the other one is back",
  why: "Only recorded if both of you want it. Whoever changes their mind ends it for both at once. The recording belongs to the person whose lesson it was.",
  record: "Record our talk, if we both want it",
  dontRecord: "Don’t record our talk",
  none: "Nothing chosen yet: nothing is recorded.",
  stop: "Stop recording",
};

export const call = {
  title: "Talk about it together",
  /** @param {boolean} own */
  about: (own) => `A call for two in which you both see the film at the same place. ${own ? "Only people whom you let watch see it." : "The teacher is told."}`,
  now: "Open the call now",
  with: "With whom?",
  anybody: "Somebody who gets the link",
  later: "Set a time",
  when: "When?",
  set: "Set this time",
  noTime: "Please choose a time that is still to come.",
  /** @param {string} when */
  setFor: (when) => `Set for ${when}.`,
  ready: "The room is open.",
  enter: "Go to the room",
  send: "Send this link to the other person. It leads into the room and never lets anybody watch the film.",
  copy: "Copy the link",
  calendar: "Put it in my calendar",
  failed: "That did not work. Please try again.",
};
