// What somebody writes: a card for each moment and each question. On a phone one card at a time, moved by swiping.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { choices, isTeacher, may, momentField, nameOf, situationOf, suggestionOf, teachersOf, tryField } from "../reading.js";
import { hasOwnTime } from "../reading_lanes.js";
import * as words from "../words.js";
import { ChoiceCard } from "./choice_card.js";
import { FieldCard, keyOf } from "./field_card.js";
import { KeyboardClock } from "./keyboard_clock.js";
import { SlideStills } from "./stills.js";
import { ViewElement, command } from "./view.js";

/** @import { Entry, Field, View } from "../protocol.js" */
/** @import { Question } from "./field_card.js" */
/** @typedef {{ view: View, now: number }} State */

const { writing } = words.writing;
const { tries } = words.together;

/** @extends {ViewElement<State>} */
export class RoomForm extends ViewElement {
  #title = h("h2");
  #who = h("p", { class: "quiet", id: "form-who" });
  #watchFor = h("p", { class: "watch-for", id: "watch-for" });
  #stills = new SlideStills();
  #choicesTitle = h("h3", { text: writing.chooseTitle });
  #choices = h("div", { class: "choose-one", id: "choose-one" });
  #own = h("button", { type: "button", class: "quiet-button", id: "choose-own", text: tries.ownWords });
  #cards = h("div", { class: "field-cards" });
  #pager = h("nav", { class: "pager", "aria-label": writing.nextCard });
  #place = h("span", { class: "quiet" });
  #clock = new KeyboardClock();

  build() {
    this.append(this.#title, this.#who, this.#watchFor, this.#stills, this.#choicesTitle, this.#choices, this.#own, this.#cards, this.#pager, this.#clock);
    this.#pager.append(this.#turnPage(-1, "‹", writing.previousCard), this.#place, this.#turnPage(1, "›", writing.nextCard));
    this.#cards.addEventListener("scroll", () => this.#showPlace(), { passive: true });
  }

  /** @param {State} state */
  update({ view, now }) {
    if (!view.form) return this.flush();
    const alone = hasOwnTime(view) || situationOf(view) === "own_time";
    const writes = situationOf(view) === "writing" && !alone;
    setText(this.#title, view.form.title);
    setText(this.#who, whoReads(view));
    this.#updateWatchFor(view, writes || alone);
    this.#stills.render(view);
    this.#updateChoices(view);
    this.#updateCards(view);
    setAttribute(this, "data-paged", writes && this.#cards.childElementCount > 1);
    show(this.#pager, writes && this.#cards.childElementCount > 1);
    this.#showPlace();
    this.#clock.render({ view, now, typing: this.contains(document.activeElement) });
  }

  /**
   * A new line in the answer to one question, to be written on.
   * @param {string} field
   * @param {string} words
   */
  begin(field, words) {
    const card = this.#card(field);
    card?.line(words);
    card?.scrollIntoView({ block: "nearest" });
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
    const asked = isTeacher(view) ? tryField(view) : null;
    const offered = asked ? choices(view) : [];
    const settles = may(view, "choose_try");
    const from = view.pinned?.suggested_by ?? null;
    show(this.#choicesTitle, offered.length > 0);
    show(this.#choices, offered.length > 0);
    show(this.#own, settles && offered.length > 0 && view.pinned !== null);
    keyed(this.#choices, offered, (entry) => entry.author, () => h("button", { type: "button", class: "choose" }), (button, entry) => {
      const text = suggestionOf(entry);
      setText(button, writing.choose(text, nameOf(view, entry.author)));
      setAttribute(button, "aria-pressed", from === null ? null : String(from.includes(entry.author)));
      button.onclick = () => this.#choose(view, [entry.author], text);
    });
    setAttribute(this.#own, "aria-pressed", String(from?.length === 0));
    this.#own.onclick = () => this.#choose(view, [], null);
  }

  /**
   * @param {View} view
   * @param {string[]} authors from whom it comes
   * @param {string | null} text null: what stands there stays
   */
  #choose(view, authors, text) {
    const card = this.#card(tryField(view)?.key ?? "");
    if (text !== null) card?.fill(text);
    else card?.reach();
    card?.flush();
    if (may(view, "choose_try")) command(this, { type: "choose_try", round: view.phase.round, authors });
  }

  /** @param {View} view */
  #updateCards(view) {
    const questions = questionsOf(view);
    const keys = new Set(questions.map(keyOf));
    for (const card of this.#fieldCards()) if (!keys.has(card.dataset["key"] ?? "")) card.flush();
    keyed(this.#cards, questions, keyOf, cardFor, (card, { field }) => {
      card.render({ field, text: view.mine?.fields[field.key] ?? "" });
    });
  }

  #fieldCards() {
    return [...this.#cards.children].filter((card) => card instanceof FieldCard);
  }

  /** @param {string} field */
  #card(field) {
    return this.#fieldCards().find((card) => card.dataset["key"]?.endsWith(`/${field}`));
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

/** @param {Question} question */
function cardFor(question) {
  return question.field.choices.length > 0 ? new ChoiceCard(question) : new FieldCard(question);
}

/** @param {Entry | null} entry */
function momentsOf(entry) {
  return [...(entry?.moments ?? [])].sort((one, other) => one.at_ms - other.at_ms);
}

/** @param {string} moment @returns {Field} */
function lineOn(moment) {
  return { key: momentField(moment), label: writing.moment, hint: "", large: false, private: false, starters: [], choices: [], pinned: false, optional: true };
}

/** @param {View} view */
function whoReads(view) {
  const { part } = view.phase;
  if (view.turn_entry?.author === view.you.seat) return words.writing.turns.yourTyped;
  if (part === "before" && !view.alone) return writing.cardRead;
  if (part === "closing" || view.alone || isTeacher(view)) return writing.onlyYou;
  const teacher = view.teacher ?? teachersOf(view)[view.mine?.round ?? 0]?.seat ?? null;
  if (teacher === null || view.form === null) return writing.onlyYou;
  const { read_by, read_from, later_h } = view.form;
  if (part === "ended") return writing.later(nameOf(view, teacher), later_h);
  return words.writing.reads[read_from](read_by === "everybody" ? "" : nameOf(view, teacher));
}

customElements.define("room-form", RoomForm);
