// A menu of cameras or microphones by name.

import { h, keyed, setText } from "../dom.js";
import * as words from "../words.js";

export class DeviceSelect {
  /**
   * @param {"camera" | "microphone"} kind
   * @param {string} label
   * @param {string} any
   */
  constructor(kind, label, any) {
    this.kind = kind;
    this.any = any;
    this.select = h("select", { id: `${kind}-select` });
    this.field = h("div", { class: "field" }, h("label", { for: `${kind}-select`, text: label }), this.select);
  }

  /**
   * @param {MediaDeviceInfo[]} devices
   * @param {string | false} chosen
   */
  render(devices, chosen) {
    const named = devices.filter(({ deviceId }) => deviceId !== "default").map(({ deviceId, label }) => ({ value: deviceId, label }));
    const options = [{ value: "", label: this.any }, ...named, { value: "none", label: words.devices.without }];
    keyed(this.select, options, ({ value }) => value, ({ value }) => h("option", { value }), (option, { label }) => setText(option, label));
    const value = chosen === false ? "none" : options.some((option) => option.value === chosen) ? chosen : "";
    if (this.select.value !== value) this.select.value = value;
  }
}
