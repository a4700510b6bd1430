// For the one who leads: whether the disk of the server holds what is to be recorded, before a lesson and when it is full.

import { h, setText } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */

const { disk } = words.leading;

/** @extends {ViewElement<View>} */
export class DiskState extends ViewElement {
  #words = h("p", { class: "disk-words", role: "status" });
  #stopped = false;

  build() {
    this.append(this.#words);
  }

  /** @param {View} view */
  update({ recording }) {
    this.#stopped = recording.on && (this.#stopped || recording.disk === "full");
    setText(this.#words, this.#text(recording.on, recording.disk));
  }

  /**
   * That it goes on is said until this recording ends.
   * @param {boolean} on
   * @param {View["recording"]["disk"]} state
   */
  #text(on, state) {
    if (state === "full") return on ? disk.stopped : disk.full;
    if (on) return this.#stopped ? disk.goesOn : "";
    return state === "low" ? disk.low : "";
  }
}

customElements.define("disk-state", DiskState);
