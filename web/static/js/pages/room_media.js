// The person's own camera and microphone in the room: opened, switched, changed, closed. What is sent is what `local` holds.

import { openDevices, rememberDevices, rememberedDevices } from "../devices.js";

/** @import { DeviceChoice, DeviceProblem } from "../devices.js" */
/** @import { Media } from "../media.js" */
/** @typedef {"microphone" | "camera"} Device */
/** @typedef {"on" | "off" | "none" | "rests" | "shared"} Switch `rests`: on, but nobody is meant to hear it now */
/** @typedef {{ microphone: Switch, camera: Switch }} Own */

const KINDS = /** @type {const} */ ({ microphone: "audio", camera: "video" });

/** Events: `change`, and `problem` (DeviceProblem). */
export class OwnMedia extends EventTarget {
  local = new MediaStream();
  /** Whether devices were opened, or could not be: before that nobody knows what there is. */
  settled = false;
  #openings = 0;
  #closed = false;
  #hushed = false;
  /** Kinds of track that the person has switched off; new devices come switched off too. @type {Set<string>} */
  #off = new Set();
  #media;

  /** @param {Media} media */
  constructor(media) {
    super();
    this.#media = media;
    media.useLocal(this.local);
  }

  async open() {
    this.#closed = false;
    const attempt = ++this.#openings;
    const { stream, problem } = await openDevices(rememberedDevices());
    if (attempt !== this.#openings || this.#closed) return stop(stream);
    stop(this.local);
    this.settled = true;
    this.#use(stream);
    if (problem) this.#complain(problem);
  }

  /** @param {Partial<DeviceChoice>} choice */
  async choose(choice) {
    rememberDevices({ ...rememberedDevices(), ...choice });
    await this.open();
  }

  /** The camera's light goes out as well. */
  close() {
    this.#closed = true;
    this.#media.close();
    stop(this.local);
    this.local = new MediaStream();
  }

  /** @param {Device} device */
  toggle(device) {
    if (this.#tracks(device).length === 0) return void this.#add(device);
    const kind = KINDS[device];
    if (!this.#off.delete(kind)) this.#off.add(kind);
    this.#switch();
  }

  /** While a colleague's microphone in the same room is used, this one takes no sound. @param {boolean} hushed */
  hush(hushed) {
    if (this.#hushed === hushed) return;
    this.#hushed = hushed;
    this.#switch();
  }

  /** @param {Device} device @returns {"on" | "off" | "none"} */
  state(device) {
    if (this.#tracks(device).length === 0) return "none";
    return this.#off.has(KINDS[device]) ? "off" : "on";
  }

  /** @param {Device} device */
  async #add(device) {
    const only = device === "microphone" ? { camera: /** @type {const} */ (false), microphone: "" } : { camera: "", microphone: /** @type {const} */ (false) };
    const { stream, problem } = await openDevices(only);
    if (problem) return this.#complain(problem);
    this.#off.delete(KINDS[device]);
    this.#use(new MediaStream([...this.local.getTracks(), ...stream.getTracks()]));
  }

  /** @param {MediaStream} stream */
  #use(stream) {
    for (const track of stream.getTracks()) track.addEventListener("ended", () => void this.open(), { once: true });
    this.local = stream;
    this.#switch();
    this.#media.useLocal(stream);
  }

  #switch() {
    for (const track of this.local.getTracks()) track.enabled = !this.#off.has(track.kind) && !(this.#hushed && track.kind === "audio");
    this.dispatchEvent(new CustomEvent("change"));
  }

  /** @param {Device} device */
  #tracks(device) {
    return device === "microphone" ? this.local.getAudioTracks() : this.local.getVideoTracks();
  }

  /** @param {DeviceProblem} problem */
  #complain(problem) {
    this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
