// One person's row: a bar for each time when that person speaks. One stop of the Tab key; arrow keys go from bar to bar.

import { emit, h, keyed, setAttribute, setText } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Segment, TalkPerson } from "./talk.js" */

const { card } = words.talk;

/**
 * Emits `jump` (at_ms).
 * @extends {ViewElement<{ person: TalkPerson, durationMs: number }>}
 */
export class TalkRow extends ViewElement {
  #name = h("span", { class: "talk-name", "aria-hidden": "true" });
  #bars = h("div", { class: "talk-bars", role: "toolbar" });

  build() {
    this.append(this.#name, this.#bars);
    this.#bars.addEventListener("keydown", (event) => this.#move(event));
    this.#bars.addEventListener("focusin", (event) => this.#stopAt(event.target));
  }

  /** @param {{ person: TalkPerson, durationMs: number }} state */
  update({ person, durationMs }) {
    setText(this.#name, person.name);
    setAttribute(this, "data-teacher", person.teacher);
    setAttribute(this.#bars, "role", person.segments.length ? "toolbar" : "img");
    setAttribute(this.#bars, "aria-label", card.row(person.name, person.segments.length, person.seconds));
    keyed(this.#bars, person.segments, ([start, end]) => `${start}-${end}`, ([start]) => this.#bar(start), (bar, [start, end]) => {
      bar.style.setProperty("--at", String(start / durationMs));
      bar.style.setProperty("--length", String((end - start) / durationMs));
      setAttribute(bar, "aria-label", card.bar(person.name, start, (end - start) / 1000));
    });
    if (this.#bars.querySelector('[tabindex="0"]') === null) this.#stopAt(this.#bars.firstElementChild);
  }

  /** @param {number} startMs */
  #bar(startMs) {
    return h("button", { type: "button", class: "talk-bar", tabindex: -1, on: { click: () => emit(this, "jump", startMs) } });
  }

  /** @param {KeyboardEvent} event */
  #move(event) {
    const bars = [...this.#bars.children];
    const place = bars.indexOf(/** @type {Element} */ (event.target));
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: bars.length - 1 }[event.key];
    const bar = to === undefined ? undefined : bars[to];
    if (!(bar instanceof HTMLElement)) return;
    event.preventDefault();
    bar.focus();
  }

  /** @param {EventTarget | null} bar */
  #stopAt(bar) {
    if (!(bar instanceof HTMLButtonElement)) return;
    for (const other of this.#bars.children) setAttribute(other, "tabindex", other === bar ? 0 : -1);
  }
}

customElements.define("talk-row", TalkRow);
