// What there is to read and choose beside the faces: order, recording choice, notes, recordings.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import { isTeacher, nameOf, situationOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { View, Entry, OwnTake, RecordingChoice } from "../protocol.js" */

/** @extends {ViewElement<View>} */
export class RoomOrder extends ViewElement {
  #list = h("ol", { class: "order-list" });
  #missing = h("p", { class: "quiet" });

  build() {
    this.append(h("h2", { text: words.order.title }), this.#list, this.#missing);
  }

  /** @param {View} view */
  update(view) {
    const begins = new Map(view.steps.filter((step) => step.teacher !== null).reverse().map((step) => [step.teacher, step.begins_ms]));
    const teachers = view.people.filter((person) => person.teaches !== null).sort((a, b) => (a.teaches ?? 0) - (b.teaches ?? 0));
    keyed(this.#list, teachers, (person) => person.seat, () => h("li"), (item, person) => {
      const name = person.seat === view.you.seat ? words.faces.you(person.name) : person.name;
      setText(item, words.order.entry(name, begins.get(person.seat) ?? null));
    });
    const missing = view.people.filter((person) => !person.here && person.seat !== view.you.seat).map((person) => person.name);
    setText(this.#missing, missing.length ? words.order.missing(missing) : words.order.complete);
  }
}

/**
 * Emits `choose` (RecordingChoice).
 * @extends {ViewElement<View>}
 */
export class RoomChoice extends ViewElement {
  #why = h("p", { class: "quiet" });
  #none = h("p", { class: "quiet", text: words.choice.none });
  #record = this.#button("record");
  #leaveOut = this.#button("leave_out");

  build() {
    const buttons = h("div", { class: "equal-buttons", role: "group", "aria-label": words.choice.title }, this.#record, this.#leaveOut);
    this.append(h("h2", { text: words.choice.title }), this.#why, buttons, this.#none);
  }

  /** @param {View} view */
  update(view) {
    const teaches = view.people.some((person) => person.seat === view.you.seat && person.teaches !== null);
    setText(this.#why, teaches ? words.choice.teacher : words.choice.colleague);
    setText(this.#record, teaches ? words.choice.record : words.choice.voiceIn);
    setText(this.#leaveOut, teaches ? words.choice.dontRecord : words.choice.voiceOut);
    setAttribute(this.#record, "aria-pressed", String(view.you.recording === "record"));
    setAttribute(this.#leaveOut, "aria-pressed", String(view.you.recording === "leave_out"));
    show(this.#none, view.you.recording === null);
  }

  /** @param {RecordingChoice} choice */
  #button(choice) {
    return h("button", { type: "button", id: `choose-${choice.replace("_", "-")}`, on: { click: () => emit(this, "choose", choice) } });
  }
}

/** @extends {ViewElement<View>} */
export class RoomEntries extends ViewElement {
  #title = h("h2");
  #list = h("div", { class: "entry-cards" });

  build() {
    this.append(this.#title, this.#list);
  }

  /** @param {View} view */
  update(view) {
    const shown = entriesOf(view);
    setText(this.#title, shown.some((entry) => entry.author !== view.you.seat) ? words.entries.title : words.form.notes);
    keyed(
      this.#list,
      shown,
      (entry) => `${entry.round}/${entry.form}/${entry.author}`,
      () => new EntryCard(),
      (card, entry) => card.render({ entry, heading: entry.author === view.you.seat ? "" : nameOf(view, entry.author) }),
    );
  }
}

/** @extends {ViewElement<{ entry: Entry, heading: string }>} */
class EntryCard extends ViewElement {
  #heading = h("h3");
  #moments = h("ul", { class: "moment-cards" });
  #fields = h("dl");
  #nothing = h("p", { class: "quiet", text: words.entries.nothing });

  build() {
    this.append(this.#heading, this.#moments, this.#fields, this.#nothing);
  }

  /** @param {{ entry: Entry, heading: string }} state */
  update({ entry, heading }) {
    setText(this.#heading, heading);
    show(this.#heading, heading !== "");
    const written = Object.entries(entry.fields).filter(([, text]) => text.trim() !== "");
    show(this.#nothing, written.length === 0 && entry.moments.length === 0);
    show(this.#moments, entry.moments.length > 0);
    keyed(this.#moments, entry.moments, (moment) => moment.moment, () => h("li", {}, h("span", { class: "moment-time" }), h("span")), (item, moment) => {
      if (item.firstChild) setText(item.firstChild, words.position(moment.at_ms));
      if (item.lastChild) setText(item.lastChild, moment.label);
    });
    keyed(this.#fields, written, ([key]) => key, () => h("div", {}, h("dt"), h("dd")), (item, [key, text]) => {
      const label = entry.labels[key] ?? "";
      if (item.firstChild instanceof HTMLElement) show(item.firstChild, label !== "");
      if (item.firstChild) setText(item.firstChild, label);
      if (item.lastChild) setText(item.lastChild, text);
    });
  }
}

/** @extends {ViewElement<View>} */
export class RoomTakes extends ViewElement {
  #list = h("ul", { class: "take-list" });

  build() {
    this.append(this.#list);
  }

  /** @param {View} view */
  update(view) {
    const takes = view.takes.filter((take) => take.state !== "recording");
    keyed(this.#list, takes, (take) => `${take.take}/${take.state}`, (take) => takeItem(take, takes.length > 1), () => {});
  }
}

/**
 * @param {OwnTake} take
 * @param {boolean} several
 */
function takeItem(take, several) {
  if (take.state === "failed") return h("li", {}, h("p", { text: words.takes.failed }));
  const text = several ? words.takes.watchNumber(take.round + 1) : words.takes.watch;
  const link = h("a", { href: `/recordings/${take.take}`, target: "_blank", rel: "noopener", class: "button-link", text });
  return h("li", { "data-take": take.take }, link, h("p", { class: "quiet", text: words.takes.onlyYou }));
}

/** What there is to read now: what came from others, else one's own text while one speaks about it. @param {View} view */
export function entriesOf(view) {
  const situation = situationOf(view);
  if (situation === "lesson" || situation === "lesson_waiting") return [];
  if (view.received.length && (isTeacher(view) || view.phase.part !== "round")) return view.received;
  const mine = view.mine;
  const written = mine !== null && (mine.moments.length > 0 || Object.values(mine.fields).some((text) => text.trim() !== ""));
  return view.form === null && mine !== null && written ? [mine] : [];
}

customElements.define("room-order", RoomOrder);
customElements.define("room-choice", RoomChoice);
customElements.define("room-entries", RoomEntries);
customElements.define("entry-card", EntryCard);
customElements.define("room-takes", RoomTakes);
