// When to draw anew what counts down: as soon as its figure changes, and often enough for all else; seldom while nobody looks.

/** @import { Countdown } from "./reading.js" */

const SHOWN_MS = 250;
const HIDDEN_MS = 1_000;
const SECOND_MS = 1_000;
const PAST_MS = 1;

export class Ticker {
  #tick;
  #timer = 0;

  /** @param {() => void} tick has to ask for the next one */
  constructor(tick) {
    this.#tick = tick;
  }

  /** @param {Countdown | null} countdown */
  next(countdown) {
    clearTimeout(this.#timer);
    const most = document.hidden ? HIDDEN_MS : SHOWN_MS;
    this.#timer = setTimeout(this.#tick, Math.min(most, untilNextFigure(countdown) + PAST_MS));
  }
}

/** Seconds are shown rounded up. @param {Countdown | null} countdown */
export function untilNextFigure(countdown) {
  if (countdown === null || countdown.state === "held" || countdown.left_ms <= 0) return Infinity;
  return countdown.left_ms % SECOND_MS || SECOND_MS;
}
