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
  #openings = 0;
  #closed = false;
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
    const tracks = this.#tracks(device);
    for (const track of tracks) {
      track.enabled = !track.enabled;
      if (track.enabled) this.#off.delete(track.kind);
      else this.#off.add(track.kind);
    }
    if (tracks.length === 0) void this.#add(device);
    else this.#changed();
  }

  /** @param {Device} device @returns {"on" | "off" | "none"} */
  state(device) {
    const [track] = this.#tracks(device);
    return track === undefined ? "none" : track.enabled ? "on" : "off";
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
    for (const track of stream.getTracks()) {
      track.enabled = !this.#off.has(track.kind);
      track.addEventListener("ended", () => void this.open(), { once: true });
    }
    this.local = stream;
    this.#media.useLocal(stream);
    this.#changed();
  }

  /** @param {Device} device */
  #tracks(device) {
    return device === "microphone" ? this.local.getAudioTracks() : this.local.getVideoTracks();
  }

  /** @param {DeviceProblem} problem */
  #complain(problem) {
    this.dispatchEvent(new CustomEvent("problem", { detail: problem }));
  }

  #changed() {
    this.dispatchEvent(new CustomEvent("change"));
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}
