// Slides of the lesson with their times: whoever noticed nothing in time finds a moment here.

import { h, keyed, show } from "../dom.js";
import { randomWord } from "../random.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { Choice, Still, View } from "../protocol.js" */

const { writing } = words.writing;

/** On a phone the cards come first. */
const WIDE = matchMedia("(min-width: 60rem)");

/**
 * Emits `command` (tap).
 * @extends {ViewElement<View>}
 */
export class SlideStills extends ViewElement {
  #offered = false;
  #list = h("ul", { class: "still-list" });
  #fold = h("details", { class: "stills" }, h("summary", { text: writing.stills }), this.#list);

  build() {
    this.append(this.#fold);
  }

  /** @param {View} view */
  update(view) {
    const began = view.lesson_started_ms;
    const stills = began !== null && view.you.role === "colleague" && view.marks.length > 0 ? view.stills : [];
    show(this, stills.length > 0);
    if (stills.length > 0 && !this.#offered) this.#fold.open = WIDE.matches && (view.mine?.moments.length ?? 0) === 0;
    this.#offered = stills.length > 0;
    keyed(this.#list, stills, ({ deck, page, at_ms }) => `${deck}/${page}/${at_ms}`, (still) => this.#item(view, still), () => {});
  }

  /**
   * @param {View} view
   * @param {Still} still
   */
  #item({ session, marks, lesson_started_ms }, { deck, page, at_ms }) {
    const label = writing.still(page, at_ms);
    const tap = (/** @type {Choice} */ { key }) => command(this, { type: "tap", moment: randomWord(), mark: key, at_ms: (lesson_started_ms ?? 0) + at_ms });
    const buttons = marks.map((mark) => h("button", { type: "button", class: "still-mark", text: mark.label, "aria-label": `${label}: ${mark.label}`, on: { click: () => tap(mark) } }));
    const picture = h("img", { src: `/sessions/${session}/slides/${deck}/${page}`, alt: label, loading: "lazy", width: 160, height: 90 });
    return h("li", {}, picture, h("span", { class: "moment-time", text: words.position(at_ms) }), h("span", { class: "still-marks" }, ...buttons));
  }
}

customElements.define("slide-stills", SlideStills);
