// What the recording shows at the place under the pointer: a small picture from the sheet of thumbnails, and the time.

import { h, setText, show } from "../dom.js";
import * as words from "../words.js";

/** @typedef {{ every: number[], columns: number, width: number, height: number }} Sheet which picture is of which ms, in rows of so many */

export class PlayerPreview {
  #picture = h("img", { alt: "" });
  #frame = h("span", { class: "preview-frame", hidden: true }, this.#picture);
  #time = h("span", { class: "preview-time" });
  node = h("div", { class: "line-preview", hidden: true, "aria-hidden": "true" }, this.#frame, this.#time);
  /** @type {string | null} */
  #address = null;
  /** @type {Sheet | null} */
  #sheet = null;
  #asked = false;

  /** @param {string | null} address of the pictures; what describes them stands beside */
  set address(address) {
    if (address === this.#address) return;
    [this.#address, this.#sheet, this.#asked] = [address, null, false];
    show(this.#frame, false);
  }

  /**
   * @param {number} atMs
   * @param {number} share of the whole
   */
  at(atMs, share) {
    show(this.node, true);
    this.node.style.setProperty("--at", String(share));
    setText(this.#time, words.position(atMs));
    if (!this.#asked && this.#address !== null) void this.#load(this.#address);
    if (this.#sheet) this.#show(this.#sheet, atMs);
  }

  hide() {
    show(this.node, false);
  }

  /** @param {string} address */
  async #load(address) {
    this.#asked = true;
    const response = await fetch(address.replace(/jpg$/, "json")).catch(() => null);
    /** @type {Sheet | null} */
    const sheet = response?.ok ? await response.json().catch(() => null) : null;
    if (sheet === null || address !== this.#address) return;
    this.#picture.src = address;
    this.#sheet = sheet;
  }

  /**
   * @param {Sheet} sheet
   * @param {number} atMs
   */
  #show({ every, columns, width, height }, atMs) {
    const number = Math.max(0, every.filter((ms) => ms <= atMs).length - 1);
    this.#frame.style.setProperty("--width", `${width}px`);
    this.#frame.style.setProperty("--height", `${height}px`);
    this.#picture.style.translate = `${-(number % columns) * width}px ${-Math.floor(number / columns) * height}px`;
    show(this.#frame, true);
  }
}
