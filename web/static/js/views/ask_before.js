// Before the lesson: the way to the questions that everybody in the session asks and answers. It opens beside the room, which goes on.

import { h, setText, show } from "../dom.js";
import { ask } from "../studio.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @import { Note } from "../note_board.js" */

const { before } = words.notes;

/** @extends {ViewElement<View>} */
export class AskBefore extends ViewElement {
  #link = h("a", { target: "_blank", rel: "noopener", text: before.ask, id: "ask-link" });
  #count = h("span", { class: "quiet", id: "ask-count" });
  #path = "";

  build() {
    this.append(h("p", { class: "row" }, this.#link, this.#count));
    document.addEventListener("visibilitychange", () => !document.hidden && !this.hidden && void this.#ask());
  }

  /** @param {View} view */
  update({ session, phase }) {
    const path = `/sessions/${session}/questions`;
    if (path === this.#path || phase.part !== "before") return;
    this.#path = path;
    this.#link.href = path;
    void this.#ask();
  }

  async #ask() {
    const { ok, body } = await ask(`${this.#path}/all`);
    if (!ok) return;
    const questions = /** @type {Note[]} */ (body.notes).filter(({ parent, deleted }) => parent === null && !deleted);
    setText(this.#count, before.count(questions.length));
    show(this.#count, questions.length > 0);
  }
}

customElements.define("ask-before", AskBefore);
