// A lesson that is being recorded, as the server sends it, into a player. When the line is lost it begins anew at what is newest; what the
// player has stays.

const TYPE = 'video/webm; codecs="vp8,opus"';
const RETRY_MS = { least: 500, most: 5_000 };
const SILENT_MS = 6_000;
const OFTEN = 2;
const KEPT_S = 60;

/** @typedef {"off" | "opening" | "on" | "over" | "lost" | "impossible"} Kind `over`: the server says that this was all */

/** @typedef {{ url: string, feed: Feed, ended: AbortController }} Run */

/** Events: `change`, and `over` when the server has sent all of it. */
export class LiveSource extends EventTarget {
  /** `address` is for a player. @type {{ kind: Kind, address: string | null }} */
  state = { kind: "off", address: null };
  /** @type {string | null} */
  #url = null;
  /** @type {Run | null} */
  #run = null;

  /** @param {string | null} url null: it is over, or not to be watched */
  follow(url) {
    if (url === this.#url) return;
    this.#url = url;
    this.#begin();
  }

  /** The player could not go on. */
  restart() {
    if (this.#run) this.#begin();
  }

  #begin() {
    this.#run?.ended.abort();
    this.#run?.feed.close();
    this.#run = null;
    if (this.#url === null) return this.#set("off", null);
    const Media = mediaSource();
    if (Media === null) return this.#set("impossible", null);
    this.#run = { url: this.#url, feed: new Feed(new Media(), () => this.#isOn()), ended: new AbortController() };
    this.#set("opening", this.#run.feed.address);
    void this.#read(this.#run);
  }

  /** @param {Run} run */
  async #read({ url, feed, ended }) {
    for (let failures = 0; !ended.signal.aborted; ) {
      const whole = await feed.fill(url, ended.signal, () => (failures = 0));
      if (ended.signal.aborted) return;
      failures += 1;
      if (whole) {
        this.#set("over", feed.address);
        this.dispatchEvent(new CustomEvent("over"));
      } else if (failures >= OFTEN && this.state.kind !== "over") this.#set("lost", feed.address);
      await pause(Math.min(RETRY_MS.most, RETRY_MS.least * 2 ** (failures - 1)));
    }
  }

  #isOn() {
    if (this.#run && this.state.kind !== "on") this.#set("on", this.#run.feed.address);
  }

  /**
   * @param {Kind} kind
   * @param {string | null} address
   */
  #set(kind, address) {
    if (kind === this.state.kind && address === this.state.address) return;
    this.state = { kind, address };
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/** One player's buffer. */
class Feed {
  address;
  #media;
  #filled;
  /** @type {SourceBuffer | null} */
  #buffer = null;
  /** What waits to go in; null: what follows begins anew. @type {(Uint8Array<ArrayBuffer> | null)[]} */
  #waiting = [];

  /**
   * @param {MediaSource} media
   * @param {() => void} filled
   */
  constructor(media, filled) {
    this.#media = media;
    this.#filled = filled;
    this.address = URL.createObjectURL(media);
    media.addEventListener("sourceopen", () => this.#open(), { once: true });
  }

  /**
   * True when the server has sent all of it.
   * @param {string} url
   * @param {AbortSignal} ended
   * @param {() => void} came
   */
  async fill(url, ended, came) {
    const silent = new AbortController();
    let timer = 0;
    const hear = () => {
      clearTimeout(timer);
      timer = setTimeout(() => silent.abort(), SILENT_MS);
    };
    try {
      hear();
      const response = await fetch(url, { cache: "no-store", signal: AbortSignal.any([ended, silent.signal]) });
      if (!response.ok || response.body === null) return false;
      this.#put(null);
      const reader = response.body.getReader();
      for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
        hear();
        came();
        this.#put(piece.value);
      }
      return true;
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }

  close() {
    this.#waiting = [];
    URL.revokeObjectURL(this.address);
  }

  #open() {
    const buffer = this.#media.addSourceBuffer(TYPE);
    this.#buffer = buffer;
    buffer.addEventListener("updateend", () => {
      this.#grow(buffer);
      this.#next();
    });
    this.#next();
  }

  /** @param {Uint8Array<ArrayBuffer> | null} piece */
  #put(piece) {
    this.#waiting.push(piece);
    this.#next();
  }

  #next() {
    const buffer = this.#buffer;
    while (buffer && this.#media.readyState === "open" && !buffer.updating && this.#waiting.length > 0) {
      const piece = this.#waiting[0] ?? null;
      try {
        if (piece === null) buffer.abort();
        else buffer.appendBuffer(piece);
        this.#waiting.shift();
      } catch (error) {
        if (!(error instanceof DOMException) || error.name !== "QuotaExceededError") throw error;
        if (!this.#forget(buffer)) return;
      }
    }
  }

  /** With an end that moves on, controls offer to go back. @param {SourceBuffer} buffer */
  #grow(buffer) {
    if (this.#media.readyState !== "open" || buffer.updating || buffer.buffered.length === 0) return;
    if (!Number.isFinite(this.#media.duration)) this.#media.duration = endOf(buffer.buffered);
    this.#filled();
  }

  /** The oldest part makes room. @param {SourceBuffer} buffer */
  #forget(buffer) {
    const ranges = buffer.buffered;
    if (ranges.length === 0 || endOf(ranges) - ranges.start(0) < 2 * KEPT_S) return false;
    buffer.remove(0, endOf(ranges) - KEPT_S);
    return true;
  }
}

/** Of what a player has. @param {TimeRanges} ranges at least one */
export function endOf(ranges) {
  return ranges.end(ranges.length - 1);
}

/** What this browser feeds a player by, if it can play this film. @returns {(new () => MediaSource) | null} */
function mediaSource() {
  const { MediaSource: usual, ManagedMediaSource: managed } = /** @type {any} */ (globalThis);
  const found = usual ?? managed;
  return found?.isTypeSupported(TYPE) ? found : null;
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((done) => setTimeout(done, ms));
}
