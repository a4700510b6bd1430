// At the end: in how many recordings of others one's voice is, and the way to take it out.

import { h, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */

const { voice } = words.changes;

/** @extends {ViewElement<View>} */
export class MyVoice extends ViewElement {
  #asked = "";
  #count = h("p", { id: "voice-count" });
  #link = h("a", { class: "button-link", target: "_blank", rel: "noopener", text: voice.look, id: "voice-link" });

  build() {
    this.append(this.#count, h("p", {}, this.#link));
    document.addEventListener("visibilitychange", () => !document.hidden && this.#asked && void this.#ask());
  }

  /** Asked once in the closing and once after the end: nothing is recorded there. @param {View} view */
  update({ session, phase, alone }) {
    const over = !alone && ["closing", "ended"].includes(phase.part);
    if (!over) return show(this, false);
    this.#link.href = `/sessions/${session}/my-voice`;
    if (this.#asked === phase.part) return;
    this.#asked = phase.part;
    void this.#ask();
  }

  async #ask() {
    const answer = await fetch(`${this.#link.href}/data`, { headers: { accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) return;
    /** @type {{ recordings: { state: string }[] }} */
    const { recordings } = await answer.json();
    setText(this.#count, voice.isIn(recordings.filter(({ state }) => state === "in").length));
    show(this, recordings.some(({ state }) => state === "in"));
  }
}

customElements.define("my-voice", MyVoice);
