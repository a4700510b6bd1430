// Keeps the player of a lesson that is being recorded close to now, and says in words how it stands. Nothing plays by itself; who goes
// back, or pauses, stays there until they ask to come back to now.

import { h, setText, show } from "../dom.js";
import { endOf } from "../live_source.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { LiveSource } from "../live_source.js" */
/** @typedef {{ kind: LiveSource["state"]["kind"], video: HTMLVideoElement }} State */

const LOOK_MS = 250;
const FAR_S = 2.5;
const NEAR_S = { least: 0.35, most: 1.2, more: 0.15, less: 0.05 };
const SMOOTH_MS = 5_000;
const SPEEDS = { far: 1.1, behind: 1.05, usual: 1, ahead: 0.95 };
const LATE_S = { far: 0.4, behind: 0.15 };
const END_S = 0.2;
const SAME_S = 0.01;

/** @extends {ViewElement<State>} */
export class LiveNow extends ViewElement {
  #said = h("p", { id: "live-said", class: "quiet", role: "status" });
  #back = h("button", { type: "button", id: "live-back", hidden: true, text: words.live.button.back, on: { click: () => this.#returnToNow() } });
  /** @type {HTMLVideoElement | null} */
  #video = null;
  /** @type {Set<HTMLVideoElement>} */
  #known = new Set();
  #timer = 0;
  #played = false;
  #follows = true;
  /** Where we have sent the player, in seconds. */
  #sentTo = -1;
  /** How close it stays: farther off where what is sent comes unevenly. */
  #nearS = NEAR_S.least;
  #smoothSince = 0;

  build() {
    this.append(this.#said, this.#back);
  }

  /** @param {State} state */
  update({ kind, video }) {
    this.#attach(video);
    video.disableRemotePlayback = kind !== "off"; // a browser that manages what its players have asks for this
    setText(this.#said, words.live.said[kind]);
    show(this, kind !== "off");
    clearInterval(this.#timer);
    this.#timer = 0;
    if (kind === "on" || kind === "lost" || kind === "over") this.#timer = setInterval(() => this.#look(), LOOK_MS);
    else this.#forget(kind);
    this.#look();
  }

  /** @param {HTMLVideoElement} video */
  #attach(video) {
    this.#video = video;
    if (this.#known.has(video)) return;
    this.#known.add(video);
    video.addEventListener("play", () => video === this.#video && this.#play(video));
    video.addEventListener("seeking", () => video === this.#video && this.#seek(video));
    video.addEventListener("waiting", () => video === this.#video && this.#stall(video));
    video.addEventListener("seeked", () => (this.#smoothSince = performance.now()));
  }

  /** @param {State["kind"]} kind */
  #forget(kind) {
    [this.#played, this.#follows, this.#nearS] = [this.#played && kind === "opening", true, NEAR_S.least];
    show(this.#back, false);
  }

  /** @param {HTMLVideoElement} video */
  #play(video) {
    if (this.#timer === 0) return;
    if (!this.#played) this.#toNow(video);
    else this.#follows &&= behind(video) <= FAR_S;
    this.#played = true;
  }

  /** @param {HTMLVideoElement} video */
  #stall(video) {
    if (video.seeking || performance.now() - this.#smoothSince < LOOK_MS) return;
    this.#smoothSince = performance.now();
    this.#nearS = Math.min(NEAR_S.most, this.#nearS + NEAR_S.more);
  }

  /** By the person, or by us. @param {HTMLVideoElement} video */
  #seek(video) {
    if (Math.abs(video.currentTime - this.#sentTo) > SAME_S) this.#follows = behind(video) <= FAR_S;
  }

  #returnToNow() {
    if (this.#video === null) return;
    this.#toNow(this.#video);
    void this.#video.play().catch(() => null);
    this.#video.focus();
  }

  #look() {
    const video = this.#video;
    if (video === null || video.buffered.length === 0 || this.hidden) return;
    if (!this.#played && video.currentTime < video.buffered.start(video.buffered.length - 1)) this.#toNow(video);
    else if (!video.paused && this.#follows) this.#keepUp(video);
    else if (this.#played) stepOver(video);
    show(this.#back, this.#played && (!this.#follows || video.paused) && behind(video) > FAR_S);
  }

  /** @param {HTMLVideoElement} video */
  #keepUp(video) {
    const far = behind(video);
    const stands = video.currentTime < video.buffered.start(video.buffered.length - 1);
    if (far > FAR_S || stands) return this.#toNow(video);
    if (performance.now() - this.#smoothSince > SMOOTH_MS) {
      this.#smoothSince = performance.now();
      this.#nearS = Math.max(NEAR_S.least, this.#nearS - NEAR_S.less);
    }
    if (!Object.values(SPEEDS).includes(video.playbackRate)) return;
    if (far > this.#nearS + LATE_S.far) video.playbackRate = SPEEDS.far;
    else if (far > this.#nearS + LATE_S.behind) video.playbackRate = SPEEDS.behind;
    else if (far < this.#nearS / 2) video.playbackRate = SPEEDS.ahead;
    else if ((far - this.#nearS) * (video.playbackRate - 1) <= 0) video.playbackRate = SPEEDS.usual;
  }

  /** @param {HTMLVideoElement} video */
  #toNow(video) {
    this.#follows = true;
    this.#sentTo = Math.max(endOf(video.buffered) - this.#nearS, video.buffered.start(video.buffered.length - 1));
    video.currentTime = this.#sentTo;
  }
}

/** How far the player is from the newest that it has, in seconds. @param {HTMLVideoElement} video */
function behind(video) {
  return video.buffered.length === 0 ? 0 : endOf(video.buffered) - video.currentTime;
}

/** From a place that the player does not have, before its beginning or while the line was lost, to the next that it has. @param {HTMLVideoElement} video */
function stepOver(video) {
  for (let range = 0; range < video.buffered.length; range++) {
    const start = video.buffered.start(range);
    if (video.currentTime < start) video.currentTime = start;
    if (video.currentTime < video.buffered.end(range) - END_S) return;
  }
}

customElements.define("live-now", LiveNow);
