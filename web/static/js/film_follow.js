// Keeps a film at the place that is shared, and says what its own person does with it. Which of the two it is follows from where the film
// is: what agrees with the shared place was done to get there.

/** @import { Playhead } from "./playhead.js" */
/** @import { RecordingFilm } from "./views/film.js" */

const LOOK_MS = 250;
const NEAR_MS = 40;
const DRIFT_MS = 150;
const FAR_MS = 1_000;
const CATCH_UP = 0.05;
const SEEK_EVERY_MS = 2_000;
const SEEKING_TAKES_MS = 400;

/** Events: `blocked` (the browser wants a press before it plays), `change`. */
export class FilmFollow extends EventTarget {
  blocked = false;
  #film;
  #playhead;
  #elsewhere = false;
  /** Where this put the film last, and when. */
  #soughtMs = -1;
  #soughtAt = 0;
  /** How long it took to get there: as much further the film has to be put. */
  #takesMs = 0;
  /** A film that has just been loaded is put where the others are first. */
  #settled = false;
  /** Its person has put it elsewhere, and it is on its way. */
  #leads = false;
  /**
   * What has been noticed of the player: where it differs, its person has just done something, and its event is on the way.
   * @type {{ video: HTMLVideoElement | null, paused: boolean, rate: number }}
   */
  #known = { video: null, paused: true, rate: 1 };
  #timer = 0;
  #over = new AbortController();

  /** @param {RecordingFilm} film @param {Playhead} playhead */
  constructor(film, playhead) {
    super();
    this.#film = film;
    this.#playhead = playhead;
    const how = { capture: true, signal: this.#over.signal };
    for (const type of ["loadedmetadata", "emptied"]) film.addEventListener(type, () => this.#load(), how);
    for (const type of ["play", "pause", "seeking", "seeked", "ratechange"]) film.addEventListener(type, (event) => this.#notice(event), how);
    playhead.addEventListener("change", () => this.#follow(), how);
    this.#timer = setInterval(() => this.#follow(), LOOK_MS);
  }

  close() {
    clearInterval(this.#timer);
    this.#over.abort();
    this.#film.pause();
  }

  get elsewhere() {
    return this.#elsewhere;
  }

  /** On one's own: neither follows nor leads. @param {boolean} on */
  set elsewhere(on) {
    this.#elsewhere = on;
    if (on) this.#film.rate = this.#playhead.place.rate;
    this.#know();
    [this.#soughtAt, this.#settled, this.#leads] = [0, false, false];
    this.#follow();
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** Has to be called from a press. */
  unblock() {
    this.blocked = false;
    this.#follow();
    this.dispatchEvent(new CustomEvent("change"));
  }

  get #plays() {
    return this.#playhead.place.playing && this.#playhead.positionMs < this.#endMs - NEAR_MS;
  }

  get #endMs() {
    const { duration } = this.#film.video;
    return Number.isFinite(duration) ? duration * 1000 : Infinity;
  }

  #follow() {
    const { video } = this.#film;
    if (this.#elsewhere || this.#leads || !video.hasAttribute("src") || video.readyState < HTMLMediaElement.HAVE_METADATA) return;
    if (this.#known.video !== video) this.#know();
    if (this.#known.paused !== video.paused || this.#known.rate !== video.playbackRate) return;
    this.#correct(video);
    this.#know();
  }

  /** @param {HTMLVideoElement} video */
  #correct(video) {
    const target = Math.min(this.#playhead.positionMs, this.#endMs);
    const plays = this.#plays;
    if (plays && video.paused && !this.blocked) void video.play().catch((error) => this.#block(error));
    if (!plays && !video.paused) video.pause();
    const drift = video.currentTime * 1000 - target;
    const { rate } = this.#playhead.place;
    if (this.#film.rate !== rate) this.#film.rate = rate;
    if (!video.seeking && this.#mustSeek(Math.abs(drift), plays)) this.#seek(target + (plays ? this.#takesMs * rate : 0));
    else if (!video.seeking) this.#settled = true;
    const away = plays && Math.abs(drift) > (isCatchingUp(video, rate) ? NEAR_MS : DRIFT_MS) && Math.abs(drift) <= FAR_MS;
    const wanted = rate * (away ? 1 - CATCH_UP * Math.sign(drift) : 1);
    if (Math.abs(video.playbackRate - wanted) > 0.001) video.playbackRate = wanted;
  }

  #load() {
    this.#settled = this.#leads = false;
    this.#know();
  }

  #know() {
    const { video } = this.#film;
    this.#known = { video, paused: video.paused, rate: video.playbackRate };
  }

  /** @param {number} driftMs @param {boolean} plays */
  #mustSeek(driftMs, plays) {
    if (!plays) return driftMs > NEAR_MS;
    if (!this.#settled) return driftMs > DRIFT_MS;
    return driftMs > FAR_MS && performance.now() - this.#soughtAt > SEEK_EVERY_MS;
  }

  /** @param {number} ms */
  #seek(ms) {
    [this.#soughtMs, this.#soughtAt] = [ms, performance.now()];
    this.#film.seek(ms);
  }

  /** @param {unknown} error */
  #block(error) {
    this.#know();
    if (!(error instanceof DOMException) || error.name !== "NotAllowedError") return;
    this.blocked = true;
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** @param {Event} event */
  #notice({ type, target }) {
    const { video } = this.#film;
    const atMs = video.currentTime * 1000;
    if (target !== video) return;
    if (type === "play" || type === "pause") this.#known.paused = video.paused;
    if (type === "ratechange") this.#known.rate = video.playbackRate;
    if (this.#elsewhere) return;
    if (type === "seeked" && this.#isOwn(atMs)) this.#arrive();
    if (!this.#settled) return;
    if (type === "seeking") this.#leads = this.#isMoved(atMs);
    else if (type === "seeked" && this.#leads) this.#lead(atMs);
    else if (type === "play" && !video.paused && !this.#plays) this.#playhead.act("play", atMs);
    else if (type === "pause" && video.paused && this.#plays && !video.ended) this.#playhead.act("pause", atMs);
    else if (type === "ratechange" && Math.abs(video.playbackRate / this.#playhead.place.rate - 1) > CATCH_UP + 0.01) {
      this.#playhead.act("rate", atMs, video.playbackRate);
    }
  }

  #arrive() {
    this.#takesMs = Math.min(SEEKING_TAKES_MS, performance.now() - this.#soughtAt);
    this.#settled = true;
  }

  /** Once the film is there, so that the others are not ahead of it. @param {number} atMs */
  #lead(atMs) {
    this.#leads = false;
    this.#playhead.act("seek", atMs);
  }

  /** Whether its person has put it there. @param {number} atMs */
  #isMoved(atMs) {
    return !this.#isOwn(atMs) && Math.abs(atMs - this.#playhead.positionMs) >= (this.#plays ? DRIFT_MS : 1);
  }

  /** @param {number} atMs */
  #isOwn(atMs) {
    return Math.abs(atMs - this.#soughtMs) < DRIFT_MS && performance.now() - this.#soughtAt < SEEK_EVERY_MS;
  }
}

/** @param {HTMLVideoElement} video @param {number} rate */
function isCatchingUp(video, rate) {
  return Math.abs(video.playbackRate - rate) > 0.001;
}
