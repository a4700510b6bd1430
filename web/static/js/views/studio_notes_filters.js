// Which notes are shown: from whom, of which kind, with which words. Folded until somebody looks for one.

import { emit, h, keyed, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Someone, Thread } from "../note_board.js" */

/** @typedef {{ threads: Thread[], shown: number, all: number, moments: boolean, own: boolean }} State `own`: kinds in the words of the teacher */

const FEW = 4;

/** Emits `filter` when something else is looked for. @extends {ViewElement<State>} */
export class NotesFilters extends ViewElement {
  #summary = h("summary");
  #person = h("select", { id: "notes-person" });
  #kind = h("select", { id: "notes-kind" });
  #text = h("input", { type: "search", id: "notes-text", autocomplete: "off" });
  #unanswered = h("input", { type: "checkbox", id: "notes-unanswered" });
  #mine = h("input", { type: "checkbox", id: "notes-mine" });

  build() {
    const { filters } = words.notes;
    this.append(h("details", { class: "notes-filters" }, this.#summary,
      h("div", { class: "notes-filter-fields" }, field(filters.text, this.#text), field(filters.person, this.#person), field(filters.kind, this.#kind)),
      h("div", { class: "row" }, tick(filters.unanswered, this.#unanswered), tick(filters.mine, this.#mine))));
    for (const type of ["input", "change"]) this.addEventListener(type, () => emit(this, "filter"));
  }

  /** @param {State} state */
  update({ threads, shown, all, moments, own }) {
    const { filters, kinds } = words.notes;
    setText(this.#summary, this.active ? filters.some(shown, all) : filters.title);
    const people = [{ person: "", name: filters.anybody }, ...peopleOf(threads)];
    options(this.#person, people.map(({ person, name }) => ({ value: person, text: name })));
    const labels = own ? kinds.own : kinds.others;
    const used = /** @type {const} */ (["worked", "change", "note", "question"]).map((value) => ({ value, text: labels[value] }));
    options(this.#kind, [{ value: "", text: filters.anyKind }, ...used, ...(moments ? [{ value: "moment", text: filters.moment }] : [])]);
    show(this, all >= FEW || this.active);
  }

  get active() {
    return this.#person.value !== "" || this.#kind.value !== "" || this.#text.value.trim() !== "" || this.#unanswered.checked || this.#mine.checked;
  }

  /** @param {Thread} thread */
  finds(thread) {
    const notes = [thread, ...thread.answers];
    const words = this.#text.value.trim().toLocaleLowerCase();
    return (
      (this.#person.value === "" || notes.some(({ author }) => author.person === this.#person.value)) &&
      (this.#kind.value === "" || thread.kind === this.#kind.value) &&
      (words === "" || notes.some(({ text }) => text.toLocaleLowerCase().includes(words))) &&
      (!this.#unanswered.checked || (thread.kind === "question" && !thread.answered)) &&
      (!this.#mine.checked || thread.mine)
    );
  }

  /** @param {{ label: string, name: string, line: string }} moment what somebody tapped during the lesson */
  findsMoment({ label, name, line }) {
    const words = this.#text.value.trim().toLocaleLowerCase();
    const person = this.#person.selectedOptions[0]?.textContent ?? "";
    return (
      (this.#person.value === "" || person === name) &&
      (this.#kind.value === "" || this.#kind.value === "moment") &&
      (words === "" || `${label} ${line}`.toLocaleLowerCase().includes(words)) &&
      !this.#unanswered.checked && !this.#mine.checked
    );
  }
}

/** @param {Thread[]} threads @returns {Someone[]} */
function peopleOf(threads) {
  const people = new Map(threads.flatMap(({ author, answers, mine }) => [
    ...(mine ? [] : [author]), ...answers.filter((answer) => !answer.mine).map((answer) => answer.author),
  ]).map((author) => [author.person, author]));
  return [...people.values()].sort((a, b) => a.name.localeCompare(b.name));
}

/** @param {HTMLSelectElement} select @param {{ value: string, text: string }[]} wanted */
function options(select, wanted) {
  const before = select.value;
  keyed(select, wanted, ({ value }) => value, ({ value }) => h("option", { value }), (option, { text }) => setText(option, text));
  select.value = wanted.some(({ value }) => value === before) ? before : "";
}

/** @param {string} label @param {HTMLElement} input */
function field(label, input) {
  return h("div", { class: "field" }, h("label", { for: input.id, text: label }), input);
}

/** @param {string} label @param {HTMLElement} input */
function tick(label, input) {
  return h("label", { class: "notes-tick" }, input, h("span", { text: label }));
}

customElements.define("notes-filters", NotesFilters);
