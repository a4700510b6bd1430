// The one sentence that says where we are, with the clock and the state of the recording. Same place on every screen.

import { h, setAttribute, setText, show } from "../dom.js";
import { countdownOf, isTeacher, situationOf } from "../reading.js";
import { clockWords, nextOf, pinnedOf, recordingOf, sentenceOf } from "./now_words.js";
import { sayingOf } from "./saying.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @import { Countdown } from "../reading.js" */
/** @typedef {{ view: View, now: number }} State */

const AMBER_MS = 60_000;
const WELCOME_MS = 30_000;

/** @extends {ViewElement<State>} */
export class RoomNow extends ViewElement {
  /** The phase in which this page came in, and when. @type {{ decision: number, at_ms: number } | null} */
  #came = null;
  #sentence = h("h1", { id: "now-sentence", tabindex: -1 });
  #next = h("p", { id: "now-next" });
  #say = h("p", { id: "say", class: "say" });
  #pinned = h("p", { id: "pinned", class: "pinned" });
  #clock = h("p", { id: "now-clock", role: "timer", "aria-live": "off" });
  #recordingText = h("span");
  #recording = h("p", { id: "now-recording", class: "recording-state" }, h("span", { class: "recording-dot", "aria-hidden": "true" }), this.#recordingText);

  build() {
    this.append(h("div", { class: "now-words" }, this.#sentence, this.#next, this.#pinned, this.#say), this.#clock, this.#recording);
  }

  /** Where somebody goes on who was at something that is no longer there. */
  focusSentence() {
    this.#sentence.focus({ preventScroll: true });
  }

  /** @param {State} state */
  update({ view, now }) {
    this.#came ??= { decision: view.phase.decision, at_ms: now };
    setText(this.#sentence, sentenceOf(view));
    setText(this.#next, nextOf(view, now, this.#isNew(view, now)));
    const say = [view.phase.say, view.phase.part === "before" ? sayingOf(view) : ""].filter(Boolean).join(" "); // later it stands in the strip
    setText(this.#say, say);
    show(this.#say, say !== "");
    setText(this.#pinned, pinnedOf(view));
    show(this.#pinned, view.pinned !== null && view.phase.part === "round");
    setText(this.#recordingText, recordingOf(view));
    setAttribute(this.#recording, "data-on", view.recording.on && !view.recording.paused && view.recording.disk !== "full" && view.phase.held === null);
    this.#updateClock(view, countdownOf(view, now));
  }

  /**
   * @param {View} view
   * @param {number} now
   */
  #isNew(view, now) {
    return this.#came !== null && this.#came.decision === view.phase.decision && now - this.#came.at_ms < WELCOME_MS;
  }

  /**
   * @param {View} view
   * @param {Countdown | null} countdown
   */
  #updateClock(view, countdown) {
    show(this.#clock, countdown !== null);
    if (countdown === null) return;
    const { left_ms, state } = countdown;
    const quiet = isTeacher(view) && situationOf(view) === "lesson";
    setText(this.#clock, clockWords(countdown, quiet));
    setAttribute(this.#clock, "data-size", state === "counting" || (view.you.leads && !quiet) ? "large" : quiet ? "words" : "small");
    setAttribute(this.#clock, "data-amber", state === "running" && left_ms <= AMBER_MS && view.phase.status !== "waiting");
    setAttribute(this.#clock, "data-held", state === "held");
  }
}

customElements.define("room-now", RoomNow);
