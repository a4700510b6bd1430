// A summary while it is written: kept on this device at every key, on the server soon after, and never written over what another page
// has written meanwhile without asking.

import { Saver, keep, read } from "./saver.js";

/** @import { Studio } from "./studio.js" */
/** @import { Summary } from "./views/review_summary.js" */

/** Events: `change` (of `state` or `conflict`). */
export class ReviewDraft extends EventTarget {
  /** @type {Summary} what stands here, saved or not */
  now = { version: 0, worked: "", suggestions: [] };
  /** @type {Summary | null} what another page has written instead */
  conflict = null;
  #studio;
  #saver;
  #version = 0;
  /** @type {Summary | null} */
  #sent = null;
  #known = false;
  /** @type {Promise<unknown>} */
  #before = Promise.resolve();

  /** @param {Studio} studio */
  constructor(studio) {
    super();
    this.#studio = studio;
    this.#saver = new Saver(`review/${studio.person}/${studio.take}`, (text, leaving) => this.#inTurn(text, leaving));
    this.#saver.addEventListener("change", () => this.dispatchEvent(new CustomEvent("change")));
  }

  get state() {
    return this.#saver.state;
  }

  /** Whether something here is not on the server. */
  get waits() {
    return this.#saver.waiting !== null;
  }

  /** What the server has. @param {Summary} summary */
  take(summary) {
    const aside = this.#known ? null : this.#readAside();
    if (aside !== null && !alike(aside, summary)) {
      this.now = aside;
      this.conflict = summary;
      this.#known = true;
      return;
    }
    if (!this.waits) {
      this.now = summary;
      this.#version = summary.version;
    } else if (!this.#known) {
      const kept = /** @type {Summary} */ (JSON.parse(this.#saver.waiting ?? "{}"));
      this.now = kept;
      this.#version = kept.version;
      if (summary.version !== kept.version && !alike(summary, kept)) this.conflict = summary;
    }
    const begins = !this.#known;
    this.#known = true;
    if (begins && this.waits) this.#saver.flush();
  }

  /** @param {{ worked: string, suggestions: Summary["suggestions"] }} written */
  write(written) {
    this.now = { ...written, version: this.#version };
    if (this.conflict !== null) this.#keepAside(JSON.stringify(this.now));
    this.#saver.write(JSON.stringify(this.now));
  }

  /** Saves what stands here now; whether the server has it. */
  async settle() {
    if (this.conflict !== null) return false;
    return this.waits ? this.#inTurn(JSON.stringify(this.now), false) : true;
  }

  /** @param {boolean} mine whether what stands here stays */
  resolve(mine) {
    const other = this.conflict;
    if (other === null) return;
    this.conflict = null;
    this.#keepAside(null);
    this.#version = other.version;
    this.write(mine ? this.now : other);
  }

  /** Until it is said which one stays: pages of one browser share what a Saver keeps. @param {string | null} text */
  #keepAside(text) {
    keep(this.#asideKey, text);
  }

  /** @returns {Summary | null} */
  #readAside() {
    const text = read(this.#asideKey);
    return text === null ? null : /** @type {Summary} */ (JSON.parse(text));
  }

  get #asideKey() {
    return `review-aside/${this.#studio.person}/${this.#studio.take}`;
  }

  /**
   * @param {string} text
   * @param {boolean} leaving
   */
  #inTurn(text, leaving) {
    const next = this.#before.then(() => this.#send(text, leaving));
    this.#before = next;
    return next;
  }

  /**
   * @param {string} text
   * @param {boolean} leaving
   * @returns {Promise<boolean>}
   */
  async #send(text, leaving) {
    if (!this.#known || this.conflict !== null) return false;
    const body = { ...JSON.parse(text), version: this.#version };
    const before = this.#sent;
    this.#sent = body;
    const answer = await this.#studio.ask("/review/summary", { method: "PUT", body, keepalive: leaving });
    const there = answer.body?.summary;
    if (answer.ok) {
      this.#version = there.version;
      return true;
    }
    if (answer.status !== 409 || there === undefined) return false;
    if (before !== null && alike(there, before)) {
      this.#version = there.version; // an answer of ours was lost
      return this.#send(text, leaving);
    }
    this.conflict = there;
    this.#keepAside(text);
    this.dispatchEvent(new CustomEvent("change"));
    return false;
  }
}

/**
 * @param {Summary} one
 * @param {Summary} other
 */
function alike(one, other) {
  const words = (/** @type {Summary} */ { worked, suggestions }) => JSON.stringify([worked, suggestions.map(({ text, at_ms }) => [text, at_ms])]);
  return words(one) === words(other);
}
