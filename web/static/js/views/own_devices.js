// Own microphone and camera: on, resting while others speak, off, or not there.

import { emit, h, icon, setAttribute, setText } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Device, Own, Switch } from "../pages/room_media.js" */

const DRAWINGS = {
  microphone: ["M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3Z", "M6 11a6 6 0 0 0 12 0M12 17v4M9 21h6"],
  camera: ["M3 7h11a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1Z", "m15 11 6-3.5v9L15 13"],
};
const STRIKE = "M4 4l16 16";
const LABELS = {
  microphone: {
    on: words.devices.microphoneOn,
    off: words.devices.microphoneOff,
    none: words.devices.microphoneNone,
    rests: words.devices.microphoneRests,
    shared: words.devices.microphoneRests,
  },
  camera: { on: words.devices.cameraOn, off: words.devices.cameraOff, none: words.devices.cameraNone, rests: words.devices.cameraOn, shared: words.devices.cameraOn },
};

/**
 * Emits `toggle` (Device).
 * @extends {ViewElement<Own>}
 */
export class OwnDevices extends ViewElement {
  #microphone = new DeviceSwitch("microphone");
  #camera = new DeviceSwitch("camera");

  build() {
    this.append(this.#microphone.button, this.#camera.button);
    for (const { device, button } of [this.#microphone, this.#camera]) {
      button.addEventListener("click", () => emit(this, "toggle", device));
    }
  }

  /** @param {Own} own */
  update({ microphone, camera }) {
    this.#microphone.show(microphone);
    this.#camera.show(camera);
  }
}

class DeviceSwitch {
  #label = h("span");

  /** @param {Device} device */
  constructor(device) {
    this.device = device;
    const drawing = icon(...DRAWINGS[device], STRIKE);
    drawing.lastElementChild?.setAttribute("class", "strike");
    this.button = h("button", { type: "button", id: `${device}-toggle`, class: "device-switch" }, drawing, this.#label);
  }

  /** @param {Switch} state */
  show(state) {
    setText(this.#label, LABELS[this.device][state]);
    setAttribute(this.button, "data-state", state);
  }
}

customElements.define("own-devices", OwnDevices);
