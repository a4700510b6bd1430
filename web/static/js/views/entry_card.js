// What one person wrote, to be read: moments with their lines, then the answers.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { isMomentField, momentField } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Entry, Moment } from "../protocol.js" */
/** @typedef {{ entry: Entry, heading: string, labels?: boolean, keep?: (() => void) | null }} State `labels`: the questions stand above the answers */

const { received } = words.writing;

/** @extends {ViewElement<State>} */
export class EntryCard extends ViewElement {
  #heading = h("h3");
  #keep = h("button", { type: "button", class: "keep" });
  #moments = h("ul", { class: "moment-cards" });
  #fields = h("dl");
  #nothing = h("p", { class: "quiet", text: words.entries.nothing });

  build() {
    this.append(h("div", { class: "entry-head" }, this.#heading, this.#keep), this.#moments, this.#fields, this.#nothing);
  }

  /** @param {State} state */
  update({ entry, heading, labels = true, keep = null }) {
    setText(this.#heading, heading);
    show(this.#heading, heading !== "");
    this.#updateKeep(entry, heading, keep);
    const written = Object.entries(entry.fields).filter(([key, text]) => !isMomentField(key) && text.trim() !== "");
    show(this.#nothing, written.length === 0 && entry.moments.length === 0);
    this.#updateMoments(entry);
    keyed(this.#fields, written, ([key]) => key, () => h("div", {}, h("dt"), h("dd")), (item, [key, text]) => {
      const [label, answer] = item.children;
      setAttribute(item, "data-field", key);
      if (label) setText(label, entry.labels[key] ?? "");
      if (label) setAttribute(label, "class", labels && entry.labels[key] ? null : "visually-hidden");
      if (answer) setText(answer, text);
    });
  }

  /**
   * @param {Entry} entry
   * @param {string} name
   * @param {(() => void) | null} keep
   */
  #updateKeep(entry, name, keep) {
    show(this.#keep, keep !== null);
    setText(this.#keep, received.keep);
    setAttribute(this.#keep, "aria-pressed", String(entry.kept));
    setAttribute(this.#keep, "aria-label", received.keepOf(name));
    this.#keep.onclick = keep;
  }

  /** @param {Entry} entry */
  #updateMoments({ moments, fields }) {
    const inOrder = [...moments].sort((one, other) => one.at_ms - other.at_ms);
    show(this.#moments, moments.length > 0);
    keyed(this.#moments, inOrder, ({ moment }) => moment, (moment) => momentItem(moment), (item, { moment }) => {
      const line = fields[momentField(moment)]?.trim() ?? "";
      const [, , text] = item.children;
      if (text) setText(text, line);
      setAttribute(item, "data-line", line !== "");
    });
  }
}

/** @param {Moment} moment */
function momentItem({ at_ms, label }) {
  return h("li", {}, h("span", { class: "moment-time", text: words.position(at_ms) }), h("span", { class: "moment-label", text: label }), h("span", { class: "moment-line" }));
}

customElements.define("entry-card", EntryCard);
