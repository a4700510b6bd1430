// What the rows show, as tables: of people, and of every time when somebody speaks. What is unfolded stays so when they are drawn anew.

import { emit, h } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { TalkPerson } from "./talk.js" */

const { table } = words.talk;

/**
 * Emits `jump` (at_ms).
 * @extends {ViewElement<TalkPerson[]>}
 */
export class TalkTables extends ViewElement {
  #people = new FoldedTable();
  #times = new FoldedTable();

  build() {
    this.append(this.#people, this.#times);
  }

  /** @param {TalkPerson[]} people */
  update(people) {
    const titles = [table.name, table.speaks, table.share, table.turns, table.mean, table.longest, table.longTurns];
    this.#people.render({ title: table.people, titles, rows: people.map(personRow) });
    const times = people.flatMap(({ name, segments }) => segments.map(([start, end]) => ({ name, start, end })));
    times.sort((one, other) => one.start - other.start);
    const rows = times.map(({ name, start, end }) => [this.#time(start), name, table.long((end - start) / 1000)]);
    this.#times.render({ title: table.all, titles: [table.from, table.name, table.length], rows });
  }

  /** @param {number} atMs */
  #time(atMs) {
    return h("button", { type: "button", class: "talk-time", text: words.position(atMs), on: { click: () => emit(this, "jump", atMs) } });
  }
}

/** @extends {ViewElement<{ title: string, titles: string[], rows: (string | HTMLElement)[][] }>} */
class FoldedTable extends ViewElement {
  #summary = h("summary");
  #head = h("thead");
  #body = h("tbody");
  #table = h("table", {}, this.#head, this.#body);
  #scroll = h("div", { class: "talk-scroll", tabindex: 0, role: "group" }, this.#table);

  build() {
    this.append(h("details", { class: "talk-table" }, this.#summary, this.#scroll));
  }

  /** @param {{ title: string, titles: string[], rows: (string | HTMLElement)[][] }} state */
  update({ title, titles, rows }) {
    this.#summary.textContent = title;
    for (const named of [this.#table, this.#scroll]) named.setAttribute("aria-label", title);
    this.#head.replaceChildren(h("tr", {}, ...titles.map((text) => h("th", { scope: "col", text }))));
    this.#body.replaceChildren(
      ...rows.map(([first, ...rest]) => h("tr", {}, h("th", { scope: "row" }, first), ...rest.map((cell) => h("td", {}, cell)))),
    );
  }
}

/** @param {TalkPerson} person */
function personRow(person) {
  return [
    person.name,
    table.long(person.seconds),
    or(person.share, table.percent),
    table.count(person.turns),
    or(person.mean_turn_s, table.long),
    or(person.longest_turn_s, table.long),
    or(person.long_turns, table.percent),
  ];
}

/**
 * @param {number | null} value
 * @param {(value: number) => string} say
 */
function or(value, say) {
  return value === null ? table.none : say(value);
}

customElements.define("folded-table", FoldedTable);
customElements.define("talk-tables", TalkTables);
