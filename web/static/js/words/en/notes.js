// Words about notes at moments of a recording, and about questions before a lesson, in English.

export const headings = { notes: "Notes", questions: "Questions and answers" };

export const kinds = {
  own: { worked: "A moment that worked", change: "A moment I’d change", note: "Note", question: "Question" },
  others: { worked: "Worked well", change: "Suggestion", note: "Note", question: "Question" },
};

export const writer = {
  /** @param {string} place */
  at: (place) => `Note at ${place}`,
  /** @param {string} from @param {string} to */
  between: (from, to) => `Note from ${from} to ${to}`,
  whole: "Note about the whole lesson",
  before: "Your question",
  aboutWhole: "About the whole lesson",
  /** @param {string} place */
  moveTo: (place) => `Move to ${place}`,
  kind: "What kind of note",
  asked: "Who is asked",
  everybody: "Everybody",
  here: "Note here",
  keep: "Keep",
  ask: "Ask",
  /** @param {string} name */
  send: (name) => `Send to ${name}`,
  stamp: "Keep this moment",
  short: "**bold**, *italic*, - lists and links are shown as such. Ctrl + Enter keeps the note.",
};

export const reach = {
  onlyYou: "Only you see this until you share it.",
  /** @param {string} name */
  atOnce: (name) => `${name} sees this at once.`,
  /** @param {string} name */
  waits: (name) => `${name} sees this when you send your review.`,
  session: "Everybody in this session sees this.",
};

export const list = {
  empty: "No notes yet. Write one while you watch: the film waits for you.",
  noQuestions: "Nobody has asked anything yet.",
  nothingFound: "No note is like that.",
  over: "The notes of others are not here any more. What you wrote is still yours.",
  whole: "Whole lesson",
  you: "You",
  /** @param {number} count */
  showOthers: (count) => `Show what others noted (${count})`,
  /** @param {number} count */
  showColleagues: (count) => `Show colleagues’ notes at moments (${count})`,
  /** @param {number} count */
  written: (count) => `Written after the lesson (${count})`,
  hideOthers: "Hide what others noted",
  watchFirst: "Watch first. Open them when you have your own view.",
  shareAll: "Share all my notes",
  unshareAll: "Stop sharing my notes",
  /** @param {string} kind @param {string} place */
  jump: (kind, place) => `${place}, ${kind}: play from shortly before`,
};

export const thread = {
  onlyYou: "Only you",
  shared: "Shared",
  edited: "changed",
  deleted: "This note was deleted.",
  /** @param {string} name */
  asked: (name) => `${name} is asked`,
  youAsked: "You are asked",
  answered: "answered",
  unanswered: "not answered yet",
  answer: "Answer",
  edit: "Change",
  remove: "Delete",
  share: "Share",
  unshare: "Stop sharing",
  history: "Earlier versions",
  hideHistory: "Hide earlier versions",
  noHistory: "The earlier versions cannot be loaded at the moment.",
  save: "Save",
  cancel: "Cancel",
  send: "Send",
  yourAnswer: "Your answer",
  yourNote: "Your note",
  gone: "Deleted.",
  undo: "Undo",
  waiting: "Kept on this device, sent when the connection is back",
  refused: "Kept on this device, not sent.",
  discard: "Discard it",
  tryAgain: "Try again",
  changed: "You changed this elsewhere meanwhile. There it says:",
  changedDeleted: "You deleted this elsewhere meanwhile.",
  keepMine: "Keep what is written here",
  keepTheirs: "Keep the other",
  writeAbout: "Write about it",
};

export const filters = {
  title: "Find notes",
  /** @param {number} shown @param {number} all */
  some: (shown, all) => `Find notes (${shown} of ${all} shown)`,
  person: "From",
  anybody: "Everybody",
  kind: "Kind",
  anyKind: "All kinds",
  moment: "Taps during the lesson",
  text: "With the words",
  unanswered: "Unanswered questions",
  mine: "Only mine",
};

export const before = {
  ask: "Ask something before the lesson",
  /** @param {number} count */
  count: (count) => (count === 1 ? "1 question so far" : `${count} questions so far`),
};
