// Settings of sound and picture during a session: devices, whether they work, a colleague in the same room, the bell, the language.

import { emit, h, keyed, setText, show } from "../dom.js";
import { listDevices, rememberedDevices } from "../devices.js";
import { LevelMeter } from "../level.js";
import { nameOf } from "../reading.js";
import { bellIsOn, ringBell, setBell } from "../sounds.js";
import * as words from "../words.js";
import { DeviceSelect } from "./device_select.js";
import { ViewElement, command } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @import { RoomState } from "../pages/room_views.js" */

/**
 * Emits `choose-device` (Partial<DeviceChoice>), `share-sound` (seat, or null for own sound), `look`.
 * @extends {ViewElement<RoomState>}
 */
export class DeviceSettings extends ViewElement {
  /** @type {RoomState | null} */
  #last = null;
  /** @type {LevelMeter | null} */
  #meter = null;
  /** @type {MediaStream | null} */
  #metered = null;
  #camera = new DeviceSelect("camera", words.devices.camera, words.devices.anyCamera);
  #microphone = new DeviceSelect("microphone", words.devices.microphone, words.devices.anyMicrophone);
  #bar = h("span", { class: "level-bar" });
  #level = h("div", { class: "settings-level" }, h("div", { class: "level", "aria-hidden": "true" }, this.#bar), h("p", { class: "quiet", text: words.teaching.settings.level }));
  #play = h("button", { type: "button", id: "play-sound", text: words.teaching.settings.play, on: { click: () => ringBell() } });
  #room = h("select", { id: "same-room-select", on: { change: () => emit(this, "share-sound", this.#room.value || null) } });
  #sameRoom = h(
    "div",
    { class: "field" },
    h("label", { for: "same-room-select", text: words.teaching.settings.sameRoom }),
    this.#room,
    h("p", { class: "quiet", text: `${words.teaching.settings.shared} ${words.teaching.settings.agree}` }),
  );
  #waits = h("p", { class: "quiet" });
  #sharers = h("div", { class: "sharers" });
  #asked = h("p", { class: "quiet", text: words.teaching.shared.recordingAsked });
  #bell = h("input", { type: "checkbox", id: "bell", on: { change: () => setBell(this.#bell.checked) } });
  #picture = h("button", { type: "button", id: "own-picture", on: { click: () => emit(this, "look", { ownPicture: !this.#last?.look.ownPicture }) } });
  #close = h("button", { type: "submit", class: "primary", id: "settings-close", text: words.teaching.settings.close });
  #dialog = h("dialog", { class: "settings", "aria-labelledby": "settings-title", on: { close: () => this.#closed() } });

  build() {
    this.#bell.checked = bellIsOn();
    const bell = h("label", { class: "check-line", for: "bell" }, this.#bell, h("span", { text: words.teaching.settings.bell }));
    const fields = [this.#camera.field, this.#microphone.field, this.#level, this.#play, this.#sameRoom, this.#waits, this.#sharers, this.#asked, this.#picture, bell, this.#close];
    this.#dialog.append(h("form", { method: "dialog", class: "settings-form" }, h("h2", { id: "settings-title", text: words.teaching.settings.title }), ...fields));
    const language = this.querySelector(".settings-language"); // a form of its own, made by the server
    if (language instanceof HTMLElement) {
      show(language, true);
      this.#dialog.append(language);
    }
    this.append(this.#dialog);
    for (const { kind, select } of [this.#camera, this.#microphone]) {
      select.addEventListener("change", () => emit(this, "choose-device", { [kind]: select.value === "none" ? false : select.value }));
    }
  }

  async open() {
    if (this.#dialog.open) return;
    this.#dialog.showModal();
    if (this.#last) this.#meterOf(this.#last.local);
    const { cameras, microphones } = await listDevices();
    this.#camera.render(cameras, rememberedDevices().camera);
    this.#microphone.render(microphones, rememberedDevices().microphone);
  }

  /** @param {RoomState} state */
  update(state) {
    this.#last = state;
    const { view, local, look } = state;
    setText(this.#picture, look.ownPicture ? words.teaching.ownPicture.hide : words.teaching.ownPicture.show);
    show(this.#picture, local.getVideoTracks().length > 0);
    show(this.#asked, view.you.recording_asked);
    this.#updateRoom(view);
    if (this.#dialog.open) this.#meterOf(local);
  }

  /** @param {View} view */
  #updateRoom(view) {
    const others = view.people.filter(({ seat, microphone, here, simulated }) => seat !== view.you.seat && microphone === "own" && here && !simulated);
    const own = view.people.find(({ seat }) => seat === view.you.seat);
    const options = [{ value: "", label: words.teaching.settings.no }, ...others.map(({ seat, name }) => ({ value: seat, label: words.teaching.settings.yes(name) }))];
    keyed(this.#room, options, ({ value }) => value, ({ value }) => h("option", { value }), (option, { label }) => setText(option, label));
    const value = view.sharing_asked ?? own?.shares ?? "";
    if (this.#room.value !== value && document.activeElement !== this.#room) this.#room.value = value;
    show(this.#sameRoom, others.length > 0 || value !== "");
    show(this.#waits, view.sharing_asked !== null);
    setText(this.#waits, view.sharing_asked === null ? "" : words.teaching.shared.asked(nameOf(view, view.sharing_asked)));
    const sharers = view.people.filter(({ shares }) => shares === view.you.seat);
    keyed(this.#sharers, sharers, ({ seat }) => seat, ({ seat }) => this.#end(seat), (button, { name }) => setText(button, words.teaching.shared.end(name)));
  }

  /** @param {string} seat */
  #end(seat) {
    return h("button", { type: "button", class: "link", on: { click: () => command(this, { type: "answer_sharing", seat, yes: false }) } });
  }

  /** @param {MediaStream} local */
  #meterOf(local) {
    const heard = local.getAudioTracks().length > 0;
    show(this.#level, heard);
    if (this.#metered === local) return;
    this.#meter?.close();
    this.#metered = local;
    this.#meter = heard ? new LevelMeter(local, (level) => this.#bar.style.setProperty("--level", level.toFixed(3))) : null;
  }

  #closed() {
    this.#meter?.close();
    this.#meter = null;
    this.#metered = null;
  }
}

customElements.define("device-settings", DeviceSettings);
