// The time that is left, above the keyboard of a phone, which may cover or push away the clock on top.

import { setAttribute, setText, show } from "../dom.js";
import { countdownOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @typedef {{ view: View, now: number, typing: boolean }} State */

/** A keyboard takes at least this share of the window. */
const KEYBOARD = 0.2;
const AMBER_MS = 60_000;

/** @extends {ViewElement<State>} */
export class KeyboardClock extends ViewElement {
  build() {
    setAttribute(this, "aria-hidden", "true");
  }

  /** @param {State} state */
  update({ view, now, typing }) {
    const countdown = countdownOf(view, now);
    const place = visualViewport;
    const covered = place !== null && place.height < window.innerHeight * (1 - KEYBOARD);
    const shown = typing && covered && countdown !== null;
    show(this, shown);
    if (!shown || !place) return;
    setText(this, words.remaining(countdown.left_ms));
    setAttribute(this, "data-amber", countdown.left_ms <= AMBER_MS);
    this.style.setProperty("top", `${place.offsetTop + place.height}px`);
  }
}

customElements.define("keyboard-clock", KeyboardClock);
