// One's own picture with a bar that moves with the voice, and a choice of devices.

import { emit, h, icon, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { DeviceSelect } from "./device_select.js";
import { ViewElement } from "./view.js";

/** @import { DeviceChoice, DeviceProblem } from "../devices.js" */
/**
 * @typedef {object} State
 * @property {"opening" | "open"} step
 * @property {MediaStream} stream
 * @property {DeviceProblem | null} problem
 * @property {DeviceChoice} choice
 * @property {MediaDeviceInfo[]} cameras
 * @property {MediaDeviceInfo[]} microphones
 * @property {boolean} heard
 */

const COG = [
  "M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4Z",
  "M12 3v2.6M12 18.4V21M3 12h2.6M18.4 12H21M5.6 5.6l1.9 1.9M16.5 16.5l1.9 1.9M18.4 5.6l-1.9 1.9M7.5 16.5l-1.9 1.9",
];

/**
 * Emits `choose-device` (Partial<DeviceChoice>) and `try-again`.
 * @extends {ViewElement<State>}
 */
export class CameraCheck extends ViewElement {
  #video = h("video", { autoplay: true, playsinline: true, class: "own-picture" });
  #empty = h("p", { class: "own-picture-empty" });
  #bar = h("span", { class: "level-bar" });
  #level = h("div", { class: "level", "aria-hidden": "true" }, this.#bar);
  #words = h("p", { id: "device-state", role: "status" });
  #again = h("button", { type: "button", id: "try-again", text: words.devices.again, on: { click: () => emit(this, "try-again") } });
  #camera = new DeviceSelect("camera", words.devices.camera, words.devices.anyCamera);
  #microphone = new DeviceSelect("microphone", words.devices.microphone, words.devices.anyMicrophone);
  #settings = h("details", { class: "device-menus" },
    h("summary", { "aria-label": words.devices.menus, title: words.devices.menus }, icon(...COG), h("span", { class: "summary-words", text: words.devices.menus })),
    this.#camera.field, this.#microphone.field);

  build() {
    this.#video.muted = true;
    this.append(h("div", { class: "own-picture-frame" }, this.#empty, this.#video, this.#level), this.#words, this.#again, this.#settings);
    for (const { kind, select } of [this.#camera, this.#microphone]) {
      select.addEventListener("change", () => emit(this, "choose-device", { [kind]: select.value === "none" ? false : select.value }));
    }
  }

  /** @param {State} state */
  update({ step, stream, problem, choice, cameras, microphones, heard }) {
    const picture = stream.getVideoTracks().length > 0;
    const source = picture ? stream : null; // Without a picture to come, the page would never count as loaded.
    if (this.#video.srcObject !== source) this.#video.srcObject = source;
    const sound = stream.getAudioTracks().length > 0;
    setAttribute(this, "data-picture", picture);
    setAttribute(this, "data-problem", problem);
    setText(this.#empty, step === "opening" ? words.devices.opening : words.devices.noPicture);
    show(this.#level, sound);
    setText(this.#words, step === "opening" ? "" : stateWords(picture, sound, problem, heard));
    show(this.#again, problem !== null);
    this.#camera.render(cameras, choice.camera);
    this.#microphone.render(microphones, choice.microphone);
  }

  /** @param {number} level from 0 to 1 */
  showLevel(level) {
    this.#bar.style.setProperty("--level", level.toFixed(3));
  }
}

/**
 * @param {boolean} picture
 * @param {boolean} sound
 * @param {DeviceProblem | null} problem
 * @param {boolean} heard
 */
function stateWords(picture, sound, problem, heard) {
  const why = problem ? ` ${words.devices.problem[problem]}` : "";
  if (picture && sound) return heard ? `${words.devices.ok} ${words.devices.heard}` : words.devices.speak;
  if (picture) return words.devices.cameraOnly + why;
  if (sound) return words.devices.microphoneOnly + (problem && problem !== "missing" ? why : "");
  return problem ? words.devices.problem[problem] : words.devices.none;
}

customElements.define("camera-check", CameraCheck);
