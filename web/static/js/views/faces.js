// Everybody's picture and sound. A tile is never moved in the tree, because moving a <video> interrupts it: places are styles.

import { emit, h, keyed, setAttribute, setText } from "../dom.js";
import { nameOf, placesOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @typedef {{ view: View, streams: ReadonlyMap<string, MediaStream>, local: MediaStream }} State */
/** @typedef {{ seat: string, name: string, label: string, own: boolean, size: "large" | "small", place: number, stream: MediaStream | null, speaking: boolean }} Face */

/**
 * Emits `sound-blocked` when the browser wants a tap before it plays sound.
 * @extends {ViewElement<State>}
 */
export class RoomFaces extends ViewElement {
  #large = 1;

  build() {
    new ResizeObserver(() => this.#arrange()).observe(this);
    setAttribute(this, "role", "group");
    setAttribute(this, "aria-label", words.faces.region);
  }

  /** @param {State} state */
  update({ view, streams, local }) {
    const { large, small } = placesOf(view);
    this.#large = large.length;
    this.#arrange();
    this.style.setProperty("--small", String(small.length));
    setAttribute(this, "data-small", small.length === 0 ? null : small.length === 1 ? "corner" : "strip");
    setAttribute(this, "data-alone", large.length === 1);
    const faces = [...large, ...small].map((seat, place) => faceOf(view, seat, place, large.includes(seat), streams, local));
    const bySeat = [...faces].sort((a, b) => (a.seat < b.seat ? -1 : 1));
    keyed(this, bySeat, (face) => face.seat, () => new FaceTile(), (tile, face) => tile.render(face));
  }

  #arrange() {
    const columns = bestColumns(this.#large, this.clientWidth / Math.max(1, this.clientHeight));
    this.style.setProperty("--columns", String(columns));
    this.style.setProperty("--rows", String(Math.ceil(this.#large / columns)));
  }

  /** Starts what the browser held back; has to be called from a tap. */
  play() {
    for (const tile of this.querySelectorAll("face-tile")) if (tile instanceof FaceTile) tile.play();
  }
}

/** @extends {ViewElement<Face>} */
export class FaceTile extends ViewElement {
  #video = h("video", { autoplay: true, playsinline: true, disablepictureinpicture: true, on: { resize: () => this.#showPicture() } });
  #initials = h("span", { class: "face-initials", "aria-hidden": "true" });
  #name = h("span", { class: "face-name" });
  /** @type {MediaStream | null} */
  #stream = null;
  #repaint = () => this.#showPicture();

  build() {
    this.classList.add("face");
    this.append(this.#initials, this.#video, this.#name);
  }

  /** @param {Face} face */
  update(face) {
    setAttribute(this, "data-seat", face.seat);
    setAttribute(this, "data-size", face.size);
    setAttribute(this, "data-own", face.own);
    setAttribute(this, "data-speaking", face.speaking);
    this.style.setProperty("order", String(face.size === "large" ? face.place : face.place + 100));
    setText(this.#name, face.label);
    setText(this.#initials, initialsOf(face.name));
    setAttribute(this.#video, "aria-label", face.label);
    this.#video.muted = face.own;
    this.#attach(face.stream);
  }

  play() {
    if (!this.#video.srcObject) return;
    this.#video.play().catch((error) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") emit(this, "sound-blocked");
    });
  }

  /** @param {MediaStream | null} stream */
  #attach(stream) {
    if (this.#stream !== stream) {
      for (const track of this.#stream?.getVideoTracks() ?? []) this.#forget(track);
      this.#stream = stream;
      this.#video.srcObject = stream;
      this.play();
    }
    for (const track of stream?.getVideoTracks() ?? []) {
      for (const type of ["mute", "unmute", "ended"]) track.addEventListener(type, this.#repaint);
    }
    this.#showPicture();
  }

  /** @param {MediaStreamTrack} track */
  #forget(track) {
    for (const type of ["mute", "unmute", "ended"]) track.removeEventListener(type, this.#repaint);
  }

  #showPicture() {
    const tracks = this.#stream?.getVideoTracks() ?? [];
    setAttribute(this, "data-picture", tracks.some((track) => !track.muted && track.enabled && track.readyState === "live"));
  }
}

/**
 * @param {View} view
 * @param {string} seat
 * @param {number} place
 * @param {boolean} large
 * @param {ReadonlyMap<string, MediaStream>} streams
 * @param {MediaStream} local
 * @returns {Face}
 */
function faceOf(view, seat, place, large, streams, local) {
  const own = seat === view.you.seat;
  const name = nameOf(view, seat);
  const speaking = view.floor.turn === seat;
  const stream = own ? (local.getTracks().length ? local : null) : (streams.get(seat) ?? null);
  return { seat, name, label: labelOf(view, seat, name, own), own, size: large ? "large" : "small", place, stream, speaking };
}

/**
 * @param {View} view
 * @param {string} seat
 * @param {string} name
 * @param {boolean} own
 */
function labelOf(view, seat, name, own) {
  if (own) return words.faces.you(name);
  if (view.floor.turn === seat) return words.faces.speaking(name);
  return view.teacher === seat && view.phase.part === "round" ? words.faces.teaching(name) : name;
}

/** @param {string} name */
function initialsOf(name) {
  const parts = name.trim().split(/\s+/u).filter(Boolean);
  const first = parts[0]?.[0] ?? "";
  const last = parts.length > 1 ? (parts.at(-1)?.[0] ?? "") : "";
  return (first + last).toLocaleUpperCase();
}

/**
 * The number of columns that makes pictures of 16 by 9 largest.
 * @param {number} count
 * @param {number} shape width of the place divided by its height
 */
function bestColumns(count, shape) {
  let best = { columns: 1, size: 0 };
  for (let columns = 1; columns <= count; columns += 1) {
    const size = Math.min(shape / columns, ((1 / Math.ceil(count / columns)) * 16) / 9);
    if (size > best.size * 1.01) best = { columns, size };
  }
  return best.columns;
}

customElements.define("face-tile", FaceTile);
customElements.define("room-faces", RoomFaces);
