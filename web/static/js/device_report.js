// Tells the session what this page has: a microphone of its own, none, or that of a colleague in the same room. Says a thing once.

/** @import { View } from "./protocol.js" */
/** @typedef {"on" | "off" | "none"} Switched */
/** @typedef {{ type: "set_devices", microphone: "own" | "none" | "shared", camera: boolean, shares: string | null }} Devices */

export class DeviceReport {
  #said = "";
  /** Whose microphone the person wants to use, until the session knows it; undefined: as the session knows it. @type {string | null | undefined} */
  #wish = undefined;

  /** @param {string | null} seat null: one's own */
  share(seat) {
    this.#wish = seat;
  }

  /** Whose microphone is used, or null. @param {View} view */
  sharedWith(view) {
    const own = view.people.find(({ seat }) => seat === view.you.seat);
    return own?.microphone === "shared" ? own.shares : null;
  }

  /**
   * @param {View} view
   * @param {Switched} microphone
   * @param {Switched} camera
   * @returns {Devices | null} null if it has been said already
   */
  due(view, microphone, camera) {
    const used = this.sharedWith(view);
    const shares = this.#wish === undefined ? (view.sharing_asked ?? used) : this.#wish;
    const use = used !== null && shares !== null ? "shared" : microphone === "none" ? "none" : "own";
    const said = [use, camera !== "none", shares].join();
    if (said === this.#said) return null;
    this.#said = said;
    return { type: "set_devices", microphone: use, camera: camera !== "none", shares };
  }

  /** @param {Devices} devices what was said @param {boolean} accepted */
  answered({ shares }, accepted) {
    if (this.#wish === shares) this.#wish = undefined;
    if (!accepted) this.#said = "";
  }
}
