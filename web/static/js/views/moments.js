// The buttons for moments, with their number keys. A tap answers quietly and can be taken back.

import { h, keyed, setText, show } from "../dom.js";
import { inLesson, may } from "../reading.js";
import { randomWord } from "../random.js";
import * as words from "../words.js";
import { command, ViewElement } from "./view.js";

/** @import { View, Choice } from "../protocol.js" */
/** @typedef {{ view: View, now: number }} State */
/** @typedef {{ moment: string, mark: string, at_ms: number }} Tapped */

const ANSWER_MS = 2_000;
const TYPING = "input, textarea, select, [contenteditable], dialog";

/** @extends {ViewElement<State>} */
export class RoomMoments extends ViewElement {
  /** @type {{ tapped: string, timer: number } | null} */
  #answer = null;
  /** @type {State | null} */
  #last = null;
  #buttons = h("div", { class: "moment-buttons" });
  #noted = h("span");
  #undo = h("button", { type: "button", class: "link", text: words.moments.undo, id: "moment-undo", on: { click: () => this.#takeBack() } });
  #status = h("p", { class: "moment-answer", role: "status" }, this.#noted, this.#undo);

  build() {
    this.setAttribute("role", "group");
    this.setAttribute("aria-label", words.moments.region);
    this.append(this.#status, this.#buttons);
    show(this.#undo, false);
    for (const type of ["pointerenter", "focusin"]) this.#undo.addEventListener(type, () => this.#hold());
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {State} state */
  update(state) {
    this.#last = state;
    const marks = this.#offered();
    show(this, marks.length > 0);
    keyed(this.#buttons, marks, (mark) => mark.key, (mark) => this.#button(mark), () => {});
  }

  #offered() {
    const view = this.#last?.view;
    return view && may(view, "tap") ? view.marks : [];
  }

  /** @param {Choice} mark */
  #button({ key, label }) {
    const number = this.#offered().findIndex((mark) => mark.key === key) + 1;
    return h(
      "button",
      { type: "button", class: "moment", id: `moment-${key}`, "aria-keyshortcuts": number, on: { click: () => this.#tap(key) } },
      h("span", { text: label }),
      h("kbd", { text: String(number), "aria-hidden": "true" }),
    );
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const typing = event.target instanceof Element && event.target.closest(TYPING);
    if (typing || event.repeat || event.ctrlKey || event.altKey || event.metaKey) return;
    const mark = this.#offered()[Number(event.key) - 1];
    if (mark) this.#tap(mark.key);
  }

  /** @param {string} mark */
  #tap(mark) {
    if (!this.#last) return;
    const { view, now } = this.#last;
    const tapped = { moment: randomWord(), mark, at_ms: Math.round(now) };
    setText(this.#noted, words.moments.noted(inLesson(view, now)));
    show(this.#undo, true);
    this.#answerWith(tapped.moment);
    command(this, { type: "tap", ...tapped });
  }

  #takeBack() {
    if (this.#answer) command(this, { type: "untap", moment: this.#answer.tapped });
    this.#clear();
  }

  /** @param {string} tapped */
  #answerWith(tapped) {
    if (this.#answer) clearTimeout(this.#answer.timer);
    this.#answer = { tapped, timer: setTimeout(() => this.#clear(), ANSWER_MS) };
  }

  /** Whoever is about to undo gets the time to. */
  #hold() {
    if (this.#answer) this.#answerWith(this.#answer.tapped);
  }

  #clear() {
    if (this.#answer) clearTimeout(this.#answer.timer);
    this.#answer = null;
    setText(this.#noted, "");
    show(this.#undo, false);
  }
}

customElements.define("room-moments", RoomMoments);
