// What somebody writes: a card for each moment and each question. On a phone one card at a time, moved by swiping.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { choices, isTeacher, momentField, nameOf, situationOf, suggestionOf, teachersOf } from "../reading.js";
import * as words from "../words.js";
import { FieldCard, keyOf } from "./field_card.js";
import { KeyboardClock } from "./keyboard_clock.js";
import { SlideStills } from "./stills.js";
import { ViewElement } from "./view.js";

/** @import { Entry, Field, View } from "../protocol.js" */
/** @import { Question } from "./field_card.js" */
/** @typedef {{ view: View, now: number }} State */

const { writing } = words.writing;

/** @extends {ViewElement<State>} */
export class RoomForm extends ViewElement {
  #title = h("h2");
  #who = h("p", { class: "quiet", id: "form-who" });
  #watchFor = h("p", { class: "watch-for", id: "watch-for" });
  #stills = new SlideStills();
  #choicesTitle = h("h3", { text: writing.chooseTitle });
  #choices = h("div", { class: "choose-one", id: "choose-one" });
  #cards = h("div", { class: "field-cards" });
  #pager = h("nav", { class: "pager", "aria-label": writing.nextCard });
  #place = h("span", { class: "quiet" });
  #clock = new KeyboardClock();

  build() {
    this.append(this.#title, this.#who, this.#watchFor, this.#stills, this.#choicesTitle, this.#choices, this.#cards, this.#pager, this.#clock);
    this.#pager.append(this.#turnPage(-1, "‹", writing.previousCard), this.#place, this.#turnPage(1, "›", writing.nextCard));
    this.#cards.addEventListener("scroll", () => this.#showPlace(), { passive: true });
  }

  /** @param {State} state */
  update({ view, now }) {
    if (!view.form) return this.flush();
    const writes = situationOf(view) === "writing";
    setText(this.#title, view.form.title);
    setText(this.#who, whoReads(view));
    this.#updateWatchFor(view, writes);
    this.#stills.render(view);
    this.#updateChoices(view);
    this.#updateCards(view);
    setAttribute(this, "data-paged", writes && this.#cards.childElementCount > 1);
    show(this.#pager, writes && this.#cards.childElementCount > 1);
    this.#showPlace();
    this.#clock.render({ view, now, typing: this.contains(document.activeElement) });
  }

  /** Says what is typed at once, for instance because the page goes away. */
  flush() {
    for (const card of this.#fieldCards()) card.flush();
  }

  /**
   * @param {View} view
   * @param {boolean} writes
   */
  #updateWatchFor(view, writes) {
    const asked = view.lesson_card?.fields["watch-for"]?.trim() ?? "";
    const shown = writes && asked !== "";
    show(this.#watchFor, shown);
    if (shown) setText(this.#watchFor, `${writing.watchFor}: ${asked}`);
  }

  /** @param {View} view */
  #updateChoices(view) {
    const asked = isTeacher(view) && view.form?.fields.some((field) => field.key === "try");
    const offered = asked ? choices(view) : [];
    show(this.#choicesTitle, offered.length > 0);
    show(this.#choices, offered.length > 0);
    keyed(this.#choices, offered, (entry) => entry.author, () => h("button", { type: "button", class: "choose" }), (button, entry) => {
      const text = suggestionOf(entry);
      setText(button, writing.choose(text, nameOf(view, entry.author)));
      button.onclick = () => this.#fieldCards().find((card) => card.dataset["key"]?.endsWith("/try"))?.fill(text);
    });
  }

  /** @param {View} view */
  #updateCards(view) {
    const questions = questionsOf(view);
    const keys = new Set(questions.map(keyOf));
    for (const card of this.#fieldCards()) if (!keys.has(card.dataset["key"] ?? "")) card.flush();
    keyed(this.#cards, questions, keyOf, (question) => new FieldCard(question), (card, { field }) => {
      card.render({ field, text: view.mine?.fields[field.key] ?? "" });
    });
  }

  #fieldCards() {
    return [...this.#cards.children].filter((card) => card instanceof FieldCard);
  }

  #showPlace() {
    setText(this.#place, writing.card(this.#page() + 1, this.#cards.childElementCount));
  }

  #page() {
    const { scrollLeft, clientWidth } = this.#cards;
    return clientWidth === 0 ? 0 : Math.round(scrollLeft / clientWidth);
  }

  /**
   * @param {-1 | 1} by
   * @param {string} text
   * @param {string} label
   */
  #turnPage(by, text, label) {
    const click = () => this.#cards.children[this.#page() + by]?.scrollIntoView({ block: "nearest", inline: "start" });
    return h("button", { type: "button", class: "plain", text, "aria-label": label, on: { click } });
  }
}

/** First what was noticed, in its order, then what is asked, the largest question last. @param {View} view @returns {Question[]} */
function questionsOf(view) {
  const { form, mine } = view;
  if (!form) return [];
  const entry = mine?.form === form.form ? mine : null;
  const at = { form: form.form, round: entry?.round ?? view.phase.round };
  const moments = momentsOf(entry).map((moment) => ({ ...at, field: lineOn(moment.moment), moment }));
  return [...moments, ...form.fields.map((field) => ({ ...at, field }))];
}

/** @param {Entry | null} entry */
function momentsOf(entry) {
  return [...(entry?.moments ?? [])].sort((one, other) => one.at_ms - other.at_ms);
}

/** @param {string} moment @returns {Field} */
function lineOn(moment) {
  return { key: momentField(moment), label: writing.moment, hint: "", large: false, private: false, starters: [] };
}

/** @param {View} view */
function whoReads(view) {
  const { part } = view.phase;
  if (view.turn_entry?.author === view.you.seat) return words.writing.turns.yourTyped;
  if (part === "before" && !view.alone) return writing.cardRead;
  if (part === "closing" || view.alone || isTeacher(view)) return writing.onlyYou;
  const teacher = view.teacher ?? teachersOf(view)[view.mine?.round ?? 0]?.seat ?? null;
  if (part === "ended") return writing.later(nameOf(view, teacher));
  return teacher === null ? writing.onlyYou : words.form.onlyYou(nameOf(view, teacher));
}

customElements.define("room-form", RoomForm);
