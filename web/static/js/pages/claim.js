// Waits until somebody has said whether this device is the person that it says to be; then goes into the room.

import { byId, show } from "../dom.js";

const LOOK_EVERY_MS = 2000;
const page = byId("claim", HTMLElement);

/** @param {string} state */
function tell(state) {
  for (const part of page.querySelectorAll("[data-when]")) {
    if (part instanceof HTMLElement) show(part, part.dataset.when === state);
  }
}

async function look() {
  const answer = await fetch(page.dataset.look ?? "", { headers: { Accept: "application/json" } }).catch(() => null);
  const { state, url } = answer?.ok ? await answer.json() : { state: "waiting", url: null };
  if (state === "yes") return location.replace(url);
  tell(state);
  if (state === "waiting") setTimeout(() => void look(), LOOK_EVERY_MS);
}

void look();
