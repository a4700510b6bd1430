// Words about who may watch a recording, in English.

const day = new Intl.DateTimeFormat("en-GB", { weekday: "long", day: "numeric", month: "long" });
const dayTime = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export const chip = {
  /** @param {number} others people and unopened links */
  label: (others) => (others === 0 ? "Only you can watch" : others === 1 ? "You and one other can watch" : `You and ${others} others can watch`),
};

export const list = {
  title: "Who may watch",
  onlyYou: "Only you. Nobody else, unless you let them.",
  /** @type {Record<string, string>} */
  use: { watch: "may watch and write notes", consult: "consultant" },
  /** @param {string} use @param {number | null} ms */
  until: (use, ms) => (ms === null ? use : `${use}, until ${day.format(ms)}`),
  /** @param {number} ms */
  since: (ms) => `since ${day.format(ms)}`,
  /** @param {number} ms */
  opened: (ms) => `opened ${dayTime.format(ms)}`,
  notOpened: "not opened yet",
  waits: "nobody has opened the link yet",
  /** @param {string} name */
  called: (name) => `writes as ${name}`,
  stop: "Stop sharing",
  /** @param {string} name */
  stopWith: (name) => `Stop sharing with ${name}`,
  /** @param {string} name */
  stopped: (name) => `${name} cannot watch any more.`,
  failed: "The server could not be reached. Nothing has changed; please try again.",
  /** @param {number} count */
  earlier: (count) => `Not any more (${count})`,
  /** @param {number} ms */
  ended: (ms) => `ended ${dayTime.format(ms)}`,
  /** @param {number} count */
  visits: (count) => `Who has opened it (${count})`,
  noVisits: "Nobody but you has opened it.",
  /** @type {Record<string, string>} */
  what: { page: "opened the page", film: "watched", export: "took notes along" },
  /** @param {number} first @param {number} last */
  when: (first, last) => (last - first < 60_000 ? dayTime.format(first) : dayTime.formatRange(first, last)),
};

export const share = {
  open: "Let somebody watch",
  who: "Who?",
  somebodyElse: "Somebody who was not in this session",
  name: "Name, so that you recognise the link here",
  until: "For how long?",
  lasts: { open: "Until I stop it", week: "A week", month: "A month" },
  give: "Let them watch",
  make: "Make a link",
  /** @param {string} name */
  may: (name) => `${name} may watch now, and finds the recording on the start page.`,
};

export const link = {
  /** @param {string} name */
  title: (name) => `The link for ${name}`,
  once: "It is shown only now: copy it and send it. Whoever opens it first can watch; nobody else after.",
  copy: "Copy the link",
  /** @param {string} name */
  picture: (name) => `The link for ${name} as a picture for a phone’s camera`,
  done: "I have it",
};

/** What stands in place of the film. @type {Record<"ended" | "expired" | "deleted", (teacher: string) => string>} */
export const over = {
  ended: (teacher) => (teacher ? `${teacher} has stopped sharing this recording.` : "This recording is not shared with you any more."),
  expired: (teacher) => (teacher ? `The time to watch this is over. Ask ${teacher} if you need it longer.` : "The time to watch this is over."),
  deleted: () => "This recording was deleted for good.",
};
