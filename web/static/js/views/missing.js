// Somebody is missing: what can be done about it, in words, each with the time at which the session would end.

import { h, keyed, setText, show } from "../dom.js";
import { absent, may, nameOf, teachersOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @typedef {"teach_later" | "go_without" | "restart_lesson"} Remedy */
/** @typedef {{ type: Remedy, text: string, what: string }} Answer */

const { missing } = words.leading;

/** Shown by itself when the teacher of this round has been away for long. @extends {ViewElement<View>} */
export class RoomMissing extends ViewElement {
  #title = h("p", { class: "missing-who" });
  #answers = new MissingAnswers();

  build() {
    this.setAttribute("role", "status");
    this.append(this.#title, this.#answers);
  }

  /** @param {View} view */
  update(view) {
    const { missing: who } = view;
    if (!who) return;
    setText(this.#title, (who.why === "teacher_late" ? missing.late : missing.away)(nameOf(view, who.seat)));
    this.#answers.render(view);
    show(this.#answers, answersOf(view).length > 0);
  }
}

/** The answers themselves, also behind "Somebody is missing" in the strip. @extends {ViewElement<View>} */
export class MissingAnswers extends ViewElement {
  #list = h("ul", { class: "missing-answers" });
  #wait = h("p", { class: "quiet", text: `${missing.wait}: ${missing.waitWhat}` });
  #others = h("p", { class: "quiet" });

  build() {
    this.append(this.#list, this.#wait, this.#others);
  }

  /** @param {View} view */
  update(view) {
    keyed(this.#list, answersOf(view), ({ type }) => type, ({ type }) => this.#answer(type), (item, { text, what }) => {
      const [button, words] = item.children;
      if (button) setText(button, text);
      if (words) setText(words, what);
    });
    show(this.#wait, answersOf(view).length > 0);
    const others = absent(view).filter(({ seat }) => seat !== view.teacher).map((person) => person.name);
    const nobody = others.length === 0 && answersOf(view).length === 0;
    setText(this.#others, nobody ? missing.nobody : others.length ? `${missing.colleagues(others)} ${missing.colleague}` : "");
  }

  /** @param {Remedy} type */
  #answer(type) {
    const button = h("button", { type: "button", "data-remedy": type, on: { click: () => command(this, { type }) } });
    return h("li", {}, button, h("span", { class: "quiet" }));
  }
}

/** @param {View} view @returns {Answer[]} */
function answersOf(view) {
  const name = nameOf(view, view.teacher);
  const ends = view.pace?.ends_ms ?? null;
  const without = ends === null || !view.pace ? null : ends - view.pace.slot_s * 1000;
  /** @param {string} what @param {number | null} ms */
  const withEnd = (what, ms) => (ms === null ? what : `${what} ${missing.ends(ms)}`);
  const instead = teachersOf(view).find((person) => (person.teaches ?? 0) > view.phase.round && person.here);
  const later = instead ? missing.later(instead.name) : missing.laterPlain;
  /** @type {Answer[]} */
  const all = [
    { type: "teach_later", text: later, what: withEnd(missing.laterThen(name), ends) },
    { type: "restart_lesson", text: missing.restart, what: missing.restartWhat },
    { type: "go_without", text: missing.without, what: withEnd(missing.withoutWhat(name), without) },
  ];
  return all.filter(({ type }) => may(view, type));
}

customElements.define("missing-answers", MissingAnswers);
customElements.define("room-missing", RoomMissing);
