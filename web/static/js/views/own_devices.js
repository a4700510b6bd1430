// Own microphone and camera: on, resting while others speak, off, not there, or a colleague's in the same room.

import { emit, h, icon, setAttribute, setText } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Device, Own, Switch } from "../pages/room_media.js" */
/** @typedef {{ own: Own, sharedWith: string }} State `sharedWith`: name of whose microphone it is */

const DRAWINGS = {
  microphone: ["M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3Z", "M6 11a6 6 0 0 0 12 0M12 17v4M9 21h6"],
  camera: ["M3 7h11a1 1 0 0 1 1 1v8a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V8a1 1 0 0 1 1-1Z", "m15 11 6-3.5v9L15 13"],
};
const STRIKE = "M4 4l16 16";
const COG = ["M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6Z", "M12 3v3M12 18v3M3 12h3M18 12h3M5.6 5.6l2.1 2.1M16.3 16.3l2.1 2.1M5.6 18.4l2.1-2.1M16.3 7.7l2.1-2.1"];
const LABELS = {
  microphone: {
    on: words.devices.microphoneOn,
    off: words.devices.microphoneOff,
    none: words.devices.microphoneNone,
    rests: words.devices.microphoneRests,
    shared: words.devices.microphoneNone,
  },
  camera: { on: words.devices.cameraOn, off: words.devices.cameraOff, none: words.devices.cameraNone, rests: words.devices.cameraOn, shared: words.devices.cameraOn },
};

/**
 * Emits `toggle` (Device) and `open-settings`.
 * @extends {ViewElement<State>}
 */
export class OwnDevices extends ViewElement {
  #microphone = new DeviceSwitch("microphone");
  #camera = new DeviceSwitch("camera");

  #settings = h(
    "button",
    { type: "button", id: "open-settings", class: "icon-button", "aria-label": words.teaching.settings.open, "aria-haspopup": "dialog", on: { click: () => emit(this, "open-settings") } },
    icon(...COG),
  );

  build() {
    this.append(this.#microphone.button, this.#camera.button, this.#settings);
    for (const { device, button } of [this.#microphone, this.#camera]) {
      button.addEventListener("click", () => emit(this, button.dataset["state"] === "shared" ? "open-settings" : "toggle", device));
    }
  }

  /** @param {State} state */
  update({ own, sharedWith }) {
    this.#microphone.show(own.microphone, own.microphone === "shared" ? words.teaching.shared.microphone(sharedWith) : "");
    this.#camera.show(own.camera, "");
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

  /**
   * @param {Switch} state
   * @param {string} label instead of the usual one
   */
  show(state, label) {
    setText(this.#label, label || LABELS[this.device][state]);
    setAttribute(this.button, "data-state", state);
  }
}

customElements.define("own-devices", OwnDevices);
