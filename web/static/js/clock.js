// The server's clock as seen from here. Nothing is counted: what is left is always a difference of two times.

const KEPT_SAMPLES = 12;
const TOLERANCE_MS = 50;

/** @typedef {{ rtt_ms: number, offset_ms: number }} Sample */

export class Clock {
  /** @type {Sample[]} */
  #samples = [];
  #localNow;
  #lead;

  /** @param {() => number} localNow UTC milliseconds of this device; steady, so that setting the device's clock does not move it */
  constructor(localNow = () => performance.timeOrigin + performance.now()) {
    this.#localNow = localNow;
    this.#lead = Date.now() - localNow();
  }

  /**
   * Whether the device has slept since the last question, or its clock was set: then it is time to ask the server.
   * A steady clock stands still while some devices sleep; the clock on the wall does not.
   */
  jumped() {
    const lead = Date.now() - this.#localNow();
    const jumped = Math.abs(lead - this.#lead) > TOLERANCE_MS;
    if (jumped) this.#lead = lead;
    return jumped;
  }

  /**
   * Learns from one round trip. Old samples, and those that cannot be true together with this one, are forgotten:
   * this device may have slept meanwhile.
   * @param {number} sentMs this device's clock
   * @param {number} serverMs the server's clock
   */
  learn(sentMs, serverMs) {
    const receivedMs = this.#localNow();
    const rtt_ms = Math.max(0, receivedMs - sentMs);
    const sample = { rtt_ms, offset_ms: serverMs - (sentMs + receivedMs) / 2 };
    this.#samples = this.#samples.filter((other) => agree(other, sample));
    this.#samples.push(sample);
    if (this.#samples.length > KEPT_SAMPLES) this.#samples.shift();
  }

  /** What has to be added to this device's clock, from the quickest of the recent round trips. */
  get offsetMs() {
    let best = /** @type {Sample | null} */ (null);
    for (const sample of this.#samples) if (best === null || sample.rtt_ms <= best.rtt_ms) best = sample;
    return best?.offset_ms ?? 0;
  }

  localNow() {
    return this.#localNow();
  }

  /** UTC milliseconds of the server. */
  now() {
    return this.#localNow() + this.offsetMs;
  }
}

/**
 * The true offset is never further from a sample than half of its round trip.
 * @param {Sample} one
 * @param {Sample} other
 */
function agree(one, other) {
  return Math.abs(one.offset_ms - other.offset_ms) <= (one.rtt_ms + other.rtt_ms) / 2 + TOLERANCE_MS;
}
