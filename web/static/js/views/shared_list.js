// The list of colleagues who talk among themselves: add a line, say "me too", one of them takes notes. Afterwards all can read it.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { may, nameOf, situationOf } from "../reading.js";
import { collects, saysTheSame } from "../reading_lanes.js";
import { randomWord } from "../random.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { Line, View } from "../protocol.js" */

const MOST = 300;
const LESSON = new Set(["lesson", "lesson_waiting"]);
const { list } = words.together;
const { writing } = words.writing;

/** @extends {ViewElement<View>} */
export class SharedList extends ViewElement {
  #title = h("h2");
  #watchFor = h("p", { class: "watch-for" });
  #lines = h("ol", { class: "shared-lines", "aria-live": "polite" });
  #empty = h("p", { class: "quiet", text: list.empty });
  #text = h("input", { type: "text", id: "line-text", maxlength: MOST, autocomplete: "off", enterkeyhint: "done", "aria-label": list.add, placeholder: list.add });
  #form = h("form", { class: "line-form", on: { submit: (event) => this.#add(event) } }, this.#text, h("button", { type: "submit", id: "line-add", text: list.addButton }));
  #notes = h("p", { id: "note-taker" });
  #takes = h("button", { type: "button", class: "quiet-button", id: "take-notes", text: list.takeNotes, on: { click: () => this.#take(true) } });
  #leaves = h("button", { type: "button", class: "link", id: "leave-notes", text: list.notAnyMore, on: { click: () => this.#take(false) } });

  build() {
    this.append(this.#title, this.#watchFor, h("div", { class: "note-taker" }, this.#notes, this.#takes, this.#leaves), this.#form, this.#lines, this.#empty);
  }

  /** @param {View} view */
  update(view) {
    const open = collects(view);
    const speaks = view.note_taker === view.you.seat && situationOf(view) === "spokesperson";
    setAttribute(this, "data-speaks", speaks);
    setText(this.#title, open ? list.title : speaks ? list.spoken : view.you.role === "teacher" ? list.ofColleagues : list.title);
    const asked = open ? (view.lesson_card?.fields["watch-for"]?.trim() ?? "") : "";
    setText(this.#watchFor, `${writing.watchFor}: ${asked}`);
    show(this.#watchFor, asked !== "");
    this.#updateNotes(view, open);
    keyed(this.#lines, view.collected, ({ line }) => line, () => new SharedLine(), (item, line) => item.render({ view, line }));
    show(this.#empty, open && view.collected.length === 0);
    show(this.#form, may(view, "add_line"));
  }

  /**
   * @param {View} view
   * @param {boolean} open
   */
  #updateNotes(view, open) {
    const { note_taker } = view;
    const own = note_taker === view.you.seat;
    const name = nameOf(view, note_taker);
    setText(this.#notes, note_taker === null ? "" : !open ? list.tookNotes(name) : own ? list.youTake : list.takesNotes(name));
    show(this.#notes, note_taker !== null && (open || !own));
    const can = may(view, "take_notes");
    const away = view.people.some((person) => person.seat === note_taker && !person.here);
    show(this.#takes, can && (note_taker === null || away));
    show(this.#leaves, can && own);
  }

  /** @param {boolean} on */
  #take(on) {
    command(this, { type: "take_notes", on });
  }

  /** @param {Event} event */
  #add(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    if (text === "") return;
    this.#text.value = "";
    command(this, { type: "add_line", line: randomWord(), text }, (answer) => {
      if (!answer.accepted && this.#text.value === "") this.#text.value = text;
    });
  }
}

/** @extends {ViewElement<{ view: View, line: Line }>} */
class SharedLine extends ViewElement {
  #text = h("span", { class: "line-text" });
  #who = h("span", { class: "quiet" });
  #count = h("span", { class: "line-count" });
  #meToo = h("button", { type: "button", class: "me-too", on: { click: () => this.#say() } }, h("span", { text: list.meToo }), this.#count);
  /** @type {{ line: string, on: boolean }} */
  #next = { line: "", on: true };

  build() {
    setAttribute(this, "role", "listitem");
    this.append(h("p", {}, this.#text, " ", this.#who), this.#meToo);
  }

  /** @param {{ view: View, line: Line }} state */
  update({ view, line }) {
    const same = saysTheSame(view, line);
    const count = line.me_too.length;
    this.#next = { line: line.line, on: !same };
    setAttribute(this.#text, "id", `line-${line.line}`);
    setText(this.#text, line.text);
    setText(this.#who, [nameOf(view, line.seat), ...(count ? [list.sameAs(line.me_too.map((seat) => nameOf(view, seat)))] : [])].join(", "));
    show(this.#meToo, may(view, "me_too") && line.seat !== view.you.seat);
    setText(this.#count, count ? list.also(count) : "");
    setAttribute(this.#meToo, "aria-pressed", String(same));
    setAttribute(this.#meToo, "aria-describedby", this.#text.id);
  }

  #say() {
    command(this, { type: "me_too", ...this.#next });
  }
}

/** @param {View} view */
export function hasList(view) {
  if (collects(view)) return true;
  return view.lane === null && view.collected.length > 0 && view.phase.part === "round" && !LESSON.has(situationOf(view));
}

customElements.define("shared-line", SharedLine);
customElements.define("shared-list", SharedList);
