// After the end, for the one who led: how the time went, and a message of thanks to copy.

import { h, keyed, setText, show } from "../dom.js";
import { nameOf, teachersOf } from "../reading.js";
import * as words from "../words.js";
import { CopyText } from "./copy_text.js";
import { WhoWasHeard } from "./heard.js";
import { ViewElement } from "./view.js";

/** @import { Spent, View } from "../protocol.js" */

const { spent, nextTime } = words.leading;

/** @extends {ViewElement<View>} */
export class RoomSpent extends ViewElement {
  #title = h("h2", { text: spent.title });
  #list = h("ul", { class: "spent-list" });
  #heard = new WhoWasHeard();
  #thanks = new CopyText();

  build() {
    this.#thanks.id = "thanks";
    this.append(this.#title, this.#list, this.#heard, h("h2", { text: spent.thanksTitle }), this.#thanks);
  }

  /** @param {View} view */
  update(view) {
    const longest = Math.max(1, ...view.spent.flatMap(({ planned_s, spent_s }) => [planned_s, spent_s]));
    show(this.#title, view.spent.length > 0);
    keyed(this.#list, view.spent.map((item, place) => ({ item, place })), ({ place }) => String(place), () => new SpentBar(), (bar, { item }) => {
      bar.render({ spent: item, title: titleOf(view, item), longest_s: longest });
    });
    show(this.#heard, view.heard.length > 0 || view.rules.length > 0);
    this.#heard.render(view);
    const next = view.next_time ? nextTime.when(view.next_time.starts_ms, view.next_time.minutes) : "";
    const teachers = teachersOf(view).map((person) => person.name);
    this.#thanks.render({ label: spent.copy, text: spent.thanks(teachers, next), visible: true });
  }
}

/** @extends {ViewElement<{ spent: Spent, title: string, longest_s: number }>} */
class SpentBar extends ViewElement {
  #title = h("span", { class: "spent-title" });
  #words = h("span", { class: "quiet" });
  #planned = h("span", { class: "bar planned" });
  #used = h("span", { class: "bar used" });

  build() {
    this.setAttribute("role", "listitem");
    this.append(this.#title, this.#words, h("span", { class: "bars", "aria-hidden": "true" }, this.#planned, this.#used));
  }

  /** @param {{ spent: Spent, title: string, longest_s: number }} state */
  update({ spent: { planned_s, spent_s }, title, longest_s }) {
    setText(this.#title, title);
    setText(this.#words, spentWords(planned_s, spent_s));
    this.#planned.style.setProperty("--share", String(planned_s / longest_s));
    this.#used.style.setProperty("--share", String(spent_s / longest_s));
  }
}

/**
 * A phase without a clock was never meant to be of some length.
 * @param {number} planned_s
 * @param {number} spent_s
 */
function spentWords(planned_s, spent_s) {
  const used = spent_s === 0 ? spent.skipped : spent.used(spent_s);
  return planned_s === 0 ? used : spent.both(planned_s, used);
}

/**
 * @param {View} view
 * @param {Spent} item
 */
function titleOf(view, item) {
  const teacher = teachersOf(view)[item.round]?.seat ?? null;
  return item.part === "round" && teacher !== null ? spent.of(item.title, nameOf(view, teacher)) : item.title;
}

customElements.define("spent-bar", SpentBar);
customElements.define("room-spent", RoomSpent);
