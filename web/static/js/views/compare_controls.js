// Both films at once: play, speed, whose sound, and the places that belong together. The first film leads.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Pair } from "../aligned.js" */
/** @typedef {{ pairs: Pair[], plays: boolean, sound: "first" | "second", ready: boolean }} State */

const { compare } = words.compare;
const SPEEDS = [0.5, 0.75, 1, 1.25, 1.5, 2];

/** Emits `play`, `pause`, `speed` (times), `sound` (which), `jump-pair` (pair), `put-together`, `take-apart` (pair). @extends {ViewElement<State>} */
export class CompareControls extends ViewElement {
  #play = h("button", { type: "button", class: "primary", id: "play-both", on: { click: () => emit(this, this.#plays ? "pause-both" : "play-both") } });
  #speed = h("select", { id: "both-speed", on: { change: () => emit(this, "speed", Number(this.#speed.value)) } }, ...SPEEDS.map(speedOption));
  #sound = h("fieldset", { class: "compare-sound" }, h("legend", { text: compare.sound }), this.#soundOf("first"), this.#soundOf("second"));
  #pairs = h("ul", { class: "compare-pairs" });
  #put = h("button", { type: "button", id: "put-together", text: compare.put, on: { click: () => emit(this, "put-together") } });
  #plays = false;

  build() {
    this.append(
      h("div", { class: "row" }, this.#play, h("label", { class: "film-speed" }, h("span", { text: compare.speed }), this.#speed), this.#sound),
      h("h2", { text: compare.places }),
      h("p", { class: "quiet", text: compare.how }),
      this.#pairs,
      this.#put,
    );
  }

  /** @param {State} state */
  update({ pairs, plays, sound, ready }) {
    this.#plays = plays;
    setText(this.#play, plays ? compare.pause : compare.play);
    setAttribute(this.#play, "disabled", !ready);
    setAttribute(this.#put, "disabled", !ready);
    for (const input of this.#sound.querySelectorAll("input")) input.checked = input.value === sound;
    keyed(this.#pairs, pairs, (pair) => `${pair.title}-${pair.own}-${pair.first}-${pair.second}`, (pair) => this.#pair(pair), () => {});
    show(this.#pairs, pairs.length > 0);
  }

  /** @param {Pair} pair */
  #pair(pair) {
    const jump = h("button", { type: "button", on: { click: () => emit(this, "jump-pair", pair) }, text: compare.pair(pair) });
    const apart = pair.own
      ? h("button", { type: "button", class: "quiet-button", text: compare.apart, "aria-label": compare.apartOf(pair), on: { click: () => emit(this, "take-apart", pair) } })
      : null;
    return h("li", {}, jump, apart);
  }

  /** @param {"first" | "second"} which */
  #soundOf(which) {
    const input = h("input", { type: "radio", name: "both-sound", value: which, on: { change: () => emit(this, "sound", which) } });
    return h("label", {}, input, h("span", { text: compare[which] }));
  }
}

/** @param {number} times */
function speedOption(times) {
  return h("option", { value: times, selected: times === 1, text: `${words.decimal(times)} ×` });
}

customElements.define("compare-controls", CompareControls);
