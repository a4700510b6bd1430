// Words about asking a consultant and about answering, in English.

const dayName = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
/** @param {number} ms */
export const day = (ms) => dayName.format(ms);

export const ask = {
  title: "Ask a consultant",
  lead: "Somebody with experience watches your lesson and writes to you. You say who, what you want to know and by when.",
  open: "Ask a consultant",
  openAgain: "Ask somebody else as well",
  who: "Whom do you ask?",
  somebodyNew: "Somebody new",
  name: "Name",
  address: "E-mail (if you like)",
  mailed: "The link is sent there, with reminders.",
  questions: "Your questions, up to three",
  /** @param {number} number */
  question: (number) => `Question ${number}`,
  due: "Answer by",
  reads: "What they read beside the film",
  card: "Your lesson card: always",
  notes: "What my colleagues noted",
  own: "My own notes and my own view",
  talk: "Who spoke when",
  makes: "They get a link of their own, no account is needed. It ends 30 days after that day, or when you stop sharing.",
  send: "Ask",
  cancel: "Not now",
  failed: "The server could not be reached. Nothing is lost; please try again.",
  /** @param {string} name */
  instead: (name) => `Instead of ${name}: the questions stay, the link of ${name} ends.`,
};

export const link = {
  /** @param {string} name */
  title: (name) => `The link for ${name}`,
  once: "Whoever opens it first can watch; nobody else after. Send it to nobody but the person you ask.",
  copy: "Copy the link",
  copyMessage: "Copy the message",
  message: "A message ready to send",
  /** @param {string} name */
  picture: (name) => `The link for ${name} as a picture for a phone’s camera`,
  /** @param {string} name @param {number} due @param {string} address */
  request: (name, due, address) =>
    `Dear ${name},\n\nwould you look at a short lesson of mine and write to me what you see, by ${day(due)}? It takes about twenty minutes.\n\n` +
    `Open this link in a browser; you need no account:\n${address}\n\nI read what you write only when you press Send.`,
  /** @param {string} name @param {number} due @param {string} address */
  reminder: (name, due, address) =>
    `Dear ${name},\n\na short reminder of the lesson that I asked you to look at, by ${day(due)}:\n${address}\n\nIf it does not suit you, say so there with one press.`,
};

export const asked = {
  /** @param {number} ms @param {number} due */
  asked: (ms, due) => `Asked ${day(ms)}, answer by ${day(due)}. Not opened yet.`,
  /** @param {number} ms @param {number} due */
  opened: (ms, due) => `Opened ${day(ms)}, answer by ${day(due)}.`,
  /** @param {number} due */
  accepted: (due) => `Will answer by ${day(due)}.`,
  /** @param {number} ms */
  offered: (ms) => `Can’t by then, offers ${day(ms)}.`,
  /** @param {number} due */
  late: (due) => `Nothing has come yet; the day was ${day(due)}. You can ask somebody else.`,
  /** @param {number} ms */
  declined: (ms) => `Would rather not (${day(ms)}).`,
  /** @param {number} ms */
  sent: (ms) => `Sent ${day(ms)}.`,
  ended: "Not asked any more.",
  /** @param {string} text */
  message: (text) => `“${text}”`,
  /** @param {number} ms */
  agree: (ms) => `Agree to ${day(ms)}`,
  remind: "Remind",
  somebodyElse: "Ask somebody else",
  stop: "Stop asking",
  showLink: "Show the link",
  /** @param {string} name */
  reminded: (name) => `${name} has been reminded by e-mail.`,
  /** @param {string} name */
  remindYourself: (name) => `Send this to ${name}:`,
  /** @param {string} name */
  stopped: (name) => `${name} is not asked any more, and the link has ended.`,
  /** @param {number} count */
  earlier: (count) => `Not any more (${count})`,
};

export const summary = {
  /** @param {string} name */
  title: (name) => `What ${name} writes to you`,
  worked: "What worked",
  suggestions: "Suggestions",
  /** @param {string} at */
  at: (at) => `at ${at}`,
  choose: "Make this my one thing",
  talk: "Talk it over",
  talkFailed: "The call could not be made. Please try again.",
  /** @param {string} name */
  talkMade: (name) => `The room is open, and ${name} is told.`,
  enter: "Go to the room",
  empty: "There is nothing in the summary; look at the notes.",
};

export const brief = {
  /** @param {string} name */
  title: (name) => `${name} asks you`,
  /** @param {number} due */
  by: (due) => `by ${day(due)}`,
  lesson: "The lesson and its learners",
  goal: "By the end they can …",
  questions: "The questions to you",
  noQuestions: "No questions: write what strikes you.",
  /** @param {number} due */
  accept: (due) => `I’ll answer by ${day(due)}`,
  /** @param {number} due */
  accepted: (due) => `You have said that you will answer by ${day(due)}.`,
  /** @param {number} ms @param {string} name */
  offered: (ms, name) => `You offered ${day(ms)}; ${name} has been told.`,
  late: "The day is past. You can still send your review, or offer another day.",
  /** @param {number} ms */
  sent: (ms) => `You sent your review ${day(ms)}.`,
  later: "I can’t by then",
  date: "I could answer by",
  /** @param {string} name */
  message: (name) => `A line to ${name}, if you like`,
  offer: "Offer this day",
  decline: "I’d rather not",
  declineNow: "No, thank you",
  /** @param {string} name */
  declineAbout: (name) => `No reason is needed. The link then ends, and ${name} can ask somebody else.`,
  desk: "All that you are asked",
};

export const writing = {
  /** @param {string} name */
  title: (name) => `Your summary for ${name}`,
  /** @param {string} name */
  lead: (name) => `${name} reads nothing of this, and none of your notes, before you press Send.`,
  worked: "What worked",
  workedHint: "What you saw, and what it did for the learners",
  suggestions: "At most three suggestions",
  /** @param {number} number */
  suggestion: (number) => `Suggestion ${number}`,
  suggestionHint: "One line: next time you could …",
  /** @param {string} at */
  here: (at) => `Add the moment ${at}`,
  /** @param {string} at */
  at: (at) => `At ${at}`,
  /** @param {string} at */
  jump: (at) => `Watch from ${at}`,
  noMoment: "Without the moment",
  saved: "Saved.",
  saving: "Saving …",
  kept: "Kept on this device until it can be saved.",
  /** @param {string} name */
  preview: (name) => `What ${name} will see`,
  /** @param {string} name */
  send: (name) => `Send to ${name}`,
  nothing: "You have written nothing into the summary yet.",
  noSuggestion: "There is no suggestion yet. One thing to try helps most.",
  noMomentYet: "No suggestion points at a moment of the film.",
  /** @param {string} name @param {number} notes */
  goes: (name, notes) =>
    `${name} gets the summary${notes === 0 ? "" : notes === 1 ? " and your one note" : ` and your ${notes} notes`}. It cannot be taken back.`,
  sendNow: "Send now",
  notYet: "Not yet",
  failed: "It could not be sent. Everything is kept; please try again.",
  /** @param {string} name @param {number} ms */
  sent: (name, ms) => `Sent to ${name}, ${day(ms)}. Thank you.`,
  after: "What comes to your mind later can be a note: it is read at once.",
  elsewhere: "The summary was changed on another page meanwhile. Which one stays?",
  mine: "The one here",
  theirs: "The other one",
};

export const agreement = {
  title: "Where you point at the same place",
  lead: "Moments and notes that lie within ten seconds of each other.",
  /** @type {Record<string, string>} */
  rows: { teacher: "Teacher", colleagues: "Colleagues", consultant: "Consultant" },
  you: "You",
  /** @param {string} names @param {number} count people @param {boolean} withYou */
  joined: (names, count, withYou) => `${names} ${count === 1 && !withYou ? "points" : count === 2 ? "both point" : count > 2 ? "all point" : "point"} here`,
  none: "Nobody points at the same place as somebody else yet.",
  /** @param {number} count */
  alone: (count) => `Where only one of you points (${count})`,
  /** @type {Record<string, string>} */
  kinds: { worked: "worked", change: "would change", question: "question", note: "note", moment: "moment", suggestion: "suggestion" },
  /** @param {string} from @param {string} to */
  span: (from, to) => (from === to ? from : `${from}–${to}`),
};
