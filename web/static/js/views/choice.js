// Whether one's lesson, or one's voice, may be recorded: two answers of equal weight.

import { emit, h, setAttribute, setText, show } from "../dom.js";
import { yourself } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View, RecordingChoice } from "../protocol.js" */

/**
 * Emits `choose` (RecordingChoice).
 * @extends {ViewElement<View>}
 */
export class RoomChoice extends ViewElement {
  #why = h("p", { class: "quiet" });
  #shared = h("p", { class: "hint", id: "shared-recording", role: "status" });
  #none = h("p", { class: "quiet" });
  #record = this.#button("record");
  #leaveOut = this.#button("leave_out");

  build() {
    const buttons = h("div", { class: "equal-buttons", role: "group", "aria-label": words.choice.title }, this.#record, this.#leaveOut);
    this.append(h("h2", { text: words.choice.title }), this.#why, buttons, this.#none, this.#shared);
  }

  /** @param {View} view */
  update(view) {
    const { why, record, dontRecord, none } = wordsOf(view);
    setText(this.#why, why);
    setText(this.#record, record);
    setText(this.#leaveOut, dontRecord);
    setText(this.#none, none);
    setAttribute(this.#record, "aria-pressed", String(view.you.recording === "record"));
    setAttribute(this.#leaveOut, "aria-pressed", String(view.you.recording === "leave_out"));
    show(this.#none, view.you.recording === null);
    show(this.#shared, view.you.recording_asked);
    setText(this.#shared, view.you.recording_asked ? words.writing.shared.asked(sharers(view)) : "");
  }

  /** @param {RecordingChoice} choice */
  #button(choice) {
    return h("button", { type: "button", id: `choose-${choice.replace("_", "-")}`, on: { click: () => emit(this, "choose", choice) } });
  }
}

/** @param {View} view */
function wordsOf(view) {
  if (view.recording.if_all) return words.consultation.recorded;
  const { teacher, colleague, record, dontRecord, voiceIn, voiceOut, none } = words.choice;
  if (yourself(view)?.teaches === null) return { why: colleague, record: voiceIn, dontRecord: voiceOut, none };
  return { why: teacher, record, dontRecord, none };
}

/** Who speaks into the same microphone. @param {View} view */
function sharers(view) {
  const owner = yourself(view)?.shares ?? view.you.seat;
  const others = view.people.filter(({ seat, shares }) => seat !== view.you.seat && (seat === owner || shares === owner));
  return others.map((person) => person.name);
}

customElements.define("room-choice", RoomChoice);
