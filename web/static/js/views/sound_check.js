// Plays a sound on this device and asks whether it was heard.

import { h, setText, show } from "../dom.js";
import * as words from "../words.js";

const NOTES_HZ = [523.25, 659.25, 783.99];
const NOTE_S = 0.28;

export class SoundCheck extends HTMLElement {
  #question = h("span", { class: "sound-question", hidden: true },
    h("span", { text: words.sound.asked }),
    h("button", { type: "button", id: "sound-heard", text: words.sound.yes, on: { click: () => this.#answer(words.sound.works) } }),
    h("button", { type: "button", id: "sound-not-heard", text: words.sound.no, on: { click: () => this.#answer(words.sound.help) } }));
  #words = h("p", { class: "quiet", id: "sound-state", role: "status" });

  connectedCallback() {
    const play = h("button", { type: "button", id: "play-sound", text: words.sound.play, on: { click: () => void this.#play() } });
    this.append(h("div", { class: "row" }, play, this.#question), this.#words,
      h("p", { class: "quiet earphones", text: words.sound.earphones }));
  }

  async #play() {
    show(this.#question, true);
    setText(this.#words, "");
    const context = new AudioContext();
    await context.resume();
    for (const [index, hz] of NOTES_HZ.entries()) playNote(context, hz, context.currentTime + index * NOTE_S);
    setTimeout(() => void context.close(), (NOTES_HZ.length + 2) * NOTE_S * 1000);
  }

  /** @param {string} answer */
  #answer(answer) {
    show(this.#question, false);
    setText(this.#words, answer);
  }
}

/**
 * @param {AudioContext} context
 * @param {number} hz
 * @param {number} at seconds on the context's clock
 */
function playNote(context, hz, at) {
  const loudness = context.createGain();
  loudness.gain.setValueAtTime(0, at);
  loudness.gain.linearRampToValueAtTime(0.25, at + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.001, at + 2 * NOTE_S);
  const tone = new OscillatorNode(context, { frequency: hz, type: "triangle" });
  tone.connect(loudness).connect(context.destination);
  tone.start(at);
  tone.stop(at + 2 * NOTE_S);
}

customElements.define("sound-check", SoundCheck);
