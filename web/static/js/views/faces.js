// Everybody's picture and sound. A tile is never moved in the tree, because moving a <video> interrupts it: places are styles.

import { emit, h, icon, keyed, setAttribute, setText, show } from "../dom.js";
import { may, nameOf, placesOf } from "../reading.js";
import * as words from "../words.js";
import { HAND } from "./drawings.js";
import { command, ViewElement } from "./view.js";

/** @import { Badge, Person, View } from "../protocol.js" */
/** @import { RoomState } from "../pages/room_views.js" */

/** Three bars, as of a signal, and what strikes them through. */
const BARS = ["M6 19v-4", "M12 19v-8", "M18 19V7", "M4 5l16 16"];
/**
 * @typedef {object} Face
 * @property {string} seat
 * @property {string} name
 * @property {string} label
 * @property {boolean} own
 * @property {"large" | "small"} size
 * @property {number} place
 * @property {MediaStream | null} stream
 * @property {boolean} speaking
 * @property {boolean} silent its sound is not played
 * @property {boolean} hidden own picture that the person does not want to see
 * @property {number} hand place in the row of raised hands, from 1; 0: down
 * @property {Badge | null} line how the connection is, if it is not good
 * @property {boolean} lowers whether this person may lower it
 */

/**
 * Emits `sound-blocked` when the browser wants a tap before it plays sound.
 * @extends {ViewElement<RoomState>}
 */
export class RoomFaces extends ViewElement {
  #large = 1;

  build() {
    new ResizeObserver(() => this.#arrange()).observe(this);
    setAttribute(this, "role", "group");
    setAttribute(this, "aria-label", words.faces.region);
  }

  /** @param {RoomState} state */
  update(state) {
    const { large, small } = placesOf(state.view);
    this.#large = large.length;
    this.#arrange();
    this.style.setProperty("--small", String(small.length));
    setAttribute(this, "data-small", small.length === 0 ? null : small.length === 1 ? "corner" : "strip");
    setAttribute(this, "data-alone", large.length === 1);
    const faces = [...large, ...small].map((seat, place) => faceOf(state, seat, place, large.includes(seat)));
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
  #hand = h("button", { type: "button", class: "face-hand", on: { click: () => this.#lower() } }, icon(...HAND), h("span"));
  #hide = h("button", { type: "button", class: "face-hide", on: { click: () => emit(this, "look", { ownPicture: this.#hide.dataset["hidden"] !== undefined }) } });
  #line = h("span", { class: "face-line", role: "img" }, icon(...BARS));
  #seat = "";
  #lowers = false;
  /** @type {MediaStream | null} */
  #stream = null;
  #repaint = () => this.#showPicture();

  build() {
    this.classList.add("face");
    this.append(this.#initials, this.#video, this.#name, this.#line, this.#hand, this.#hide);
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
    this.#video.muted = face.own || face.silent;
    this.#updateHand(face);
    this.#updateHide(face);
    this.#updateLine(face);
    this.#attach(face.stream);
  }

  /** @param {Face} face */
  #updateHand({ seat, name, hand, lowers }) {
    this.#seat = seat;
    this.#lowers = lowers;
    show(this.#hand, hand > 0);
    if (hand === 0) return;
    setText(/** @type {Element} */ (this.#hand.lastElementChild), String(hand));
    const up = words.teaching.hand.up(name, hand);
    setAttribute(this.#hand, "aria-label", lowers ? `${up}. ${words.teaching.hand.lowerOf(name)}` : up);
    this.#hand.disabled = !lowers;
  }

  /** @param {Face} face */
  #updateHide({ own, hidden, stream }) {
    show(this.#hide, own && (stream?.getVideoTracks().length ?? 0) > 0);
    setAttribute(this, "data-hidden", hidden);
    setAttribute(this.#hide, "data-hidden", hidden);
    setText(this.#hide, hidden ? words.teaching.ownPicture.show : words.teaching.ownPicture.hide);
  }

  /** @param {Face} face */
  #updateLine({ line, name, own }) {
    show(this.#line, line !== null);
    if (line === null) return;
    const text = own ? words.line.own[line] : words.line.badge[line](name);
    setAttribute(this.#line, "data-line", line);
    setAttribute(this.#line, "aria-label", text);
    setAttribute(this.#line, "title", text);
  }

  #lower() {
    if (!this.#lowers) return;
    if (this.hasAttribute("data-own")) command(this, { type: "raise_hand", raised: false });
    else command(this, { type: "lower_hand", seat: this.#seat });
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
    setAttribute(this, "data-picture", !this.hasAttribute("data-hidden") && tracks.some((track) => !track.muted && track.enabled && track.readyState === "live"));
  }
}

/**
 * @param {RoomState} state
 * @param {string} seat
 * @param {number} place
 * @param {boolean} large
 * @returns {Face}
 */
function faceOf({ view, streams, lines, local, own: devices, look }, seat, place, large) {
  const own = seat === view.you.seat;
  const person = view.people.find((one) => one.seat === seat);
  return {
    seat,
    name: nameOf(view, seat),
    label: labelOf(view, person, own),
    own,
    size: large ? "large" : "small",
    place,
    stream: own ? (local.getTracks().length ? local : null) : (streams.get(seat) ?? null),
    line: lines.badges[seat] ?? null,
    speaking: view.floor.turn === seat,
    silent: devices.microphone === "shared",
    hidden: own && !look.ownPicture,
    hand: handsOf(view).indexOf(seat) + 1,
    lowers: own ? may(view, "raise_hand") : may(view, "lower_hand"),
  };
}

/** Raised hands in their order: the first one first, or as the session gives the word. @param {View} view */
function handsOf({ people, floor }) {
  if (floor.mode === "queue") return floor.next;
  const up = people.filter((one) => one.hand_ms !== null).sort((a, b) => (a.hand_ms ?? 0) - (b.hand_ms ?? 0));
  return up.map(({ seat }) => seat);
}

/**
 * @param {View} view
 * @param {Person | undefined} person
 * @param {boolean} own
 */
function labelOf(view, person, own) {
  if (!person) return "";
  const name = person.simulated ? words.teaching.simulated(person.name) : person.name;
  if (own) return words.faces.you(name);
  if (person.consults && view.floor.turn !== person.seat) return words.faces.consults(name);
  if (view.floor.turn === person.seat) return person.microphone === "none" ? words.faces.writing(name) : words.faces.speaking(name);
  return view.teacher === person.seat && view.phase.part === "round" ? words.faces.teaching(name) : name;
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
