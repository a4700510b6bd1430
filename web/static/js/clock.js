// The server's clock as seen from here. Nothing is counted: what is left is always a difference of two times.

const KEPT_SAMPLES = 12;

/** @typedef {{ rtt_ms: number, offset_ms: number }} Sample */

export class Clock {
  /** @type {Sample[]} */
  #samples = [];
  #localNow;

  /** @param {() => number} localNow UTC milliseconds of this device */
  constructor(localNow = Date.now) {
    this.#localNow = localNow;
  }

  /**
   * Learns from one round trip. Old samples are forgotten, because this device's clock may be set meanwhile.
   * @param {number} sentMs this device's clock
   * @param {number} serverMs the server's clock
   */
  learn(sentMs, serverMs) {
    const receivedMs = this.#localNow();
    const rtt_ms = Math.max(0, receivedMs - sentMs);
    this.#samples.push({ rtt_ms, offset_ms: serverMs - (sentMs + receivedMs) / 2 });
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
