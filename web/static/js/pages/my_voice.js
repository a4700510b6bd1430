// One's own voice in the recordings of a session: says by itself when it has been taken out, also when that was done elsewhere.

import { show } from "../dom.js";

const OFTEN_MS = 1_000;
const SELDOM_MS = 10_000;
const page = document.getElementById("voices");

/**
 * @param {string} take
 * @param {string} state
 */
function tell(take, state) {
  for (const part of page?.querySelectorAll(`[data-take="${CSS.escape(take)}"] [data-when]`) ?? []) {
    if (part instanceof HTMLElement) show(part, part.dataset["when"] === state);
  }
}

async function look() {
  const answer = document.hidden ? null : await fetch(page?.dataset["url"] ?? "", { headers: { Accept: "application/json" } }).catch(() => null);
  /** @type {{ recordings: { take: string, state: "in" | "leaving" | "out" }[] }} */
  const { recordings } = answer?.ok ? await answer.json() : { recordings: [] };
  for (const { take, state } of recordings) tell(take, state);
  setTimeout(() => void look(), recordings.some(({ state }) => state === "leaving") ? OFTEN_MS : SELDOM_MS);
}

if (page) void look();
