// Two films of the same time side by side: the large one leads and has the sound; the small one follows.

import { h, icon, setAttribute, show } from "../dom.js";
import * as words from "../words.js";

const SAME_S = 0.02;
const TOLERATED_S = 0.1;
const FAR_S = 1;
/** How much faster or slower the small one plays for each second that it is away, and at most. */
const CATCH_UP = { eachS: 2, most: 0.25 };
const SWAP = ["M8 4 4 8l4 4M4 8h11M16 12l4 4-4 4M20 16H9"];

/** Emits `error`, `timeupdate`, `seeking` of its videos like one video. */
export class FilmPair {
  #face = film("film-video");
  #screen = film("film-screen");
  #swap = h("button", { type: "button", id: "film-swap", class: "film-swap", on: { click: () => this.#exchange() } }, icon(...SWAP));
  #large = this.#face;
  #hasScreen = false;
  /** Where it was when it was unloaded. */
  #place = { at: 0, plays: false };
  videos = [this.#face, this.#screen];
  nodes = [...this.videos, this.#swap];

  constructor() {
    for (const video of this.videos) {
      for (const type of ["play", "pause", "playing", "waiting", "seeking", "ratechange", "timeupdate"]) {
        video.addEventListener(type, () => video === this.#large && this.#follow());
      }
      video.addEventListener("seeked", () => this.#follow()); // the large one may be elsewhere by now
    }
    this.#arrange();
  }

  get lead() {
    return this.#large;
  }

  /**
   * Another version of the same film takes over where the last one was.
   * @param {string | null} face
   * @param {string | null} screen
   * @param {boolean} anew also if the addresses are the same
   */
  load(face, screen, anew) {
    this.#hasScreen = face !== null && screen !== null;
    if (!this.#hasScreen && this.#large === this.#screen) this.#exchange();
    change(this.#face, face, anew, this.#place);
    if (face !== null && screen === null) empty(this.#screen);
    else change(this.#screen, screen, anew, this.#place);
    if (face !== null) this.#place = { at: 0, plays: false };
    this.#arrange();
  }

  /** Nothing of it can be played any more, not even what was fetched already; another version begins where this one was. */
  unload() {
    if (this.#large.hasAttribute("src")) this.#place = { at: this.#large.currentTime, plays: !this.#large.paused };
    this.#hasScreen = false;
    if (this.#large === this.#screen) this.#exchange();
    for (const video of this.videos) empty(video);
    this.#arrange();
  }

  /** @param {number} seconds */
  seek(seconds) {
    this.#large.currentTime = seconds;
  }

  /** Stays when another version of the film takes over. @param {number} times */
  set rate(times) {
    for (const video of this.videos) [video.defaultPlaybackRate, video.playbackRate] = [times, times];
  }

  /** @param {{ volume: number, muted: boolean }} sound */
  set sound({ volume, muted }) {
    Object.assign(this.#large, { volume, muted });
  }

  /** What stands there until it is played, or another place is looked for. @param {string | null} address */
  set poster(address) {
    setAttribute(this.#face, "poster", address);
  }

  get #small() {
    return this.#large === this.#face ? this.#screen : this.#face;
  }

  #exchange() {
    const [before, after] = [this.#large, this.#small];
    const { currentTime, paused, volume, muted, playbackRate } = before;
    this.#large = after;
    Object.assign(after, { volume, muted, playbackRate });
    if (Math.abs(after.currentTime - currentTime) > TOLERATED_S) after.currentTime = currentTime;
    before.muted = true;
    this.#arrange();
    if (paused) after.pause();
    else if (!after.ended) void after.play().catch(() => null);
    this.#follow();
  }

  #arrange() {
    for (const video of this.videos) {
      const leads = video === this.#large;
      setAttribute(video, "data-size", leads ? "large" : "small");
      show(video, video.hasAttribute("src") && (leads || this.#hasScreen));
    }
    this.#screen.muted ||= this.#large !== this.#screen;
    setAttribute(this.#swap, "aria-label", this.#large === this.#face ? words.film.screenLarge : words.film.faceLarge);
    setAttribute(this.#swap, "title", this.#swap.getAttribute("aria-label"));
    show(this.#swap, this.#hasScreen);
  }

  #follow() {
    if (!this.#hasScreen) return;
    const [lead, other] = [this.#large, this.#small];
    const at = Math.min(lead.currentTime, other.duration || Infinity);
    const behind = at - other.currentTime;
    const far = Math.abs(behind) > (lead.paused || lead.seeking ? SAME_S : FAR_S);
    if (far && (!other.seeking || waitsInVain(other, at))) other.currentTime = at;
    const away = far || Math.abs(behind) < SAME_S ? 0 : behind * CATCH_UP.eachS;
    setRate(other, lead.playbackRate * (1 + Math.max(-CATCH_UP.most, Math.min(CATCH_UP.most, away))));
    const stands = lead.paused || lead.readyState < HTMLMediaElement.HAVE_FUTURE_DATA;
    if (stands) other.pause();
    else if (other.paused && !other.ended) void other.play().catch(() => null);
  }
}

/** The page's own controls stand beside it: it takes the focus only from scripts. @param {string} id */
function film(id) {
  return h("video", { preload: "metadata", playsinline: true, tabindex: -1, id, hidden: true });
}

/**
 * @param {HTMLVideoElement} video
 * @param {number} rate
 */
function setRate(video, rate) {
  if (video.playbackRate !== rate) video.playbackRate = rate;
}

/**
 * It seeks a place that it has not, and has the other one: of a lesson that is being recorded nothing comes from before.
 * @param {HTMLVideoElement} video
 * @param {number} seconds
 */
function waitsInVain(video, seconds) {
  return has(video, seconds) && !has(video, video.currentTime);
}

/**
 * @param {HTMLVideoElement} video
 * @param {number} seconds
 */
function has({ buffered }, seconds) {
  for (let range = 0; range < buffered.length; range++) if (buffered.start(range) <= seconds && seconds <= buffered.end(range)) return true;
  return false;
}

/** @param {HTMLVideoElement} video */
function empty(video) {
  if (!video.hasAttribute("src")) return;
  video.removeAttribute("src");
  video.load();
}

/**
 * @param {HTMLVideoElement} video
 * @param {string | null} address
 * @param {boolean} anew
 * @param {{ at: number, plays: boolean }} place for one that is empty
 */
function change(video, address, anew, place) {
  if (address === null) return;
  if (!anew && video.getAttribute("src") === address) return;
  const fresh = !video.hasAttribute("src");
  const at = fresh ? place.at : video.currentTime;
  const playing = fresh ? place.plays : !video.paused;
  video.src = address;
  if (at > 0) video.addEventListener("loadedmetadata", () => (video.currentTime = at), { once: true });
  video.currentTime = at; // so that a version that comes before this one has loaded knows it too
  if (playing) void video.play().catch(() => null);
}
