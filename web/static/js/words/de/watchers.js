// Words about who may watch a recording, in German.

const day = new Intl.DateTimeFormat("de", { weekday: "long", day: "numeric", month: "long" });
const dayTime = new Intl.DateTimeFormat("de", { weekday: "short", day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

export const chip = {
  /** @param {number} others people and unopened links */
  label: (others) => (others === 0 ? "Nur Sie können das ansehen" : others === 1 ? "Sie und eine weitere Person können das ansehen" : `Sie und ${others} weitere können das ansehen`),
};

export const list = {
  title: "Wer zusehen darf",
  onlyYou: "Nur Sie. Sonst niemand, außer Sie erlauben es.",
  /** @type {Record<string, string>} */
  use: { watch: "darf zusehen und Notizen schreiben", consult: "Beratung" },
  /** @param {string} use @param {number | null} ms */
  until: (use, ms) => (ms === null ? use : `${use}, bis ${day.format(ms)}`),
  /** @param {number} ms */
  since: (ms) => `seit ${day.format(ms)}`,
  /** @param {number} ms */
  opened: (ms) => `geöffnet ${dayTime.format(ms)}`,
  notOpened: "noch nicht geöffnet",
  waits: "den Link hat noch niemand geöffnet",
  /** @param {string} name */
  called: (name) => `schreibt als ${name}`,
  stop: "Teilen beenden",
  /** @param {string} name */
  stopWith: (name) => `Teilen beenden: ${name}`,
  /** @param {string} name */
  stopped: (name) => `${name} kann nicht mehr zusehen.`,
  failed: "Der Server war nicht erreichbar. Es hat sich nichts geändert; bitte versuchen Sie es noch einmal.",
  /** @param {number} count */
  earlier: (count) => `Nicht mehr (${count})`,
  /** @param {number} ms */
  ended: (ms) => `beendet ${dayTime.format(ms)}`,
  /** @param {number} count */
  visits: (count) => `Wer sie geöffnet hat (${count})`,
  noVisits: "Außer Ihnen hat sie niemand geöffnet.",
  /** @type {Record<string, string>} */
  what: { page: "hat die Seite geöffnet", film: "hat zugesehen", export: "hat Notizen mitgenommen" },
  /** @param {number} first @param {number} last */
  when: (first, last) => (last - first < 60_000 ? dayTime.format(first) : dayTime.formatRange(first, last)),
};

export const share = {
  open: "Jemanden zusehen lassen",
  who: "Wen?",
  somebodyElse: "Jemanden, der nicht in diesem Treffen war",
  name: "Name, damit Sie den Link hier wiedererkennen",
  until: "Wie lange?",
  lasts: { open: "Bis ich es beende", week: "Eine Woche", month: "Einen Monat" },
  give: "Zusehen lassen",
  make: "Link erstellen",
  /** @param {string} name */
  may: (name) => `${name} darf jetzt zusehen und findet die Aufnahme auf der Startseite.`,
};

export const link = {
  /** @param {string} name */
  title: (name) => `Der Link für ${name}`,
  once: "Er wird nur jetzt gezeigt: Kopieren und verschicken Sie ihn. Wer ihn zuerst öffnet, kann zusehen; danach niemand mehr.",
  copy: "Link kopieren",
  /** @param {string} name */
  picture: (name) => `Der Link für ${name} als Bild für die Kamera eines Telefons`,
  done: "Ich habe ihn",
};

/** What stands in place of the film. @type {Record<"ended" | "expired" | "deleted", (teacher: string) => string>} */
export const over = {
  ended: (teacher) => (teacher ? `${teacher} teilt diese Aufnahme nicht mehr.` : "Diese Aufnahme wird nicht mehr mit Ihnen geteilt."),
  expired: (teacher) => (teacher ? `Die Zeit zum Ansehen ist vorbei. Fragen Sie ${teacher}, wenn Sie sie länger brauchen.` : "Die Zeit zum Ansehen ist vorbei."),
  deleted: () => "Diese Aufnahme wurde endgültig gelöscht.",
};
