// After the end, for the one who led: who was heard for how long in each round, and which rules of the format were kept.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { nameOf, teachersOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Heard, RuleKept, View } from "../protocol.js" */

const { heard } = words.leading;

/** @extends {ViewElement<View>} */
export class WhoWasHeard extends ViewElement {
  #title = h("h2", { text: heard.title });
  #rounds = h("div", { class: "heard-rounds" });
  #rulesTitle = h("h2", { text: heard.rules });
  #rules = h("ul", { class: "rule-list" });

  build() {
    this.append(this.#title, this.#rounds, this.#rulesTitle, this.#rules);
  }

  /** @param {View} view */
  update(view) {
    const rounds = [...new Set(view.heard.map(({ round }) => round))].sort((one, other) => one - other);
    const longest_s = Math.max(1, ...view.heard.map(({ seconds }) => seconds));
    show(this.#title, rounds.length > 0);
    keyed(this.#rounds, rounds, String, () => new HeardRound(), (item, round) => item.render({ view, round, longest_s }));
    show(this.#rulesTitle, view.rules.length > 0);
    keyed(this.#rules, view.rules, ({ rule, round }) => `${rule}/${round}`, () => h("li", {}), (item, rule) => {
      setAttribute(item, "data-kept", rule.kept);
      setText(item, ruleWords(view, rule));
    });
  }
}

/** @extends {ViewElement<{ view: View, round: number, longest_s: number }>} */
class HeardRound extends ViewElement {
  #title = h("h3");
  #list = h("ul", { class: "heard-list" });

  build() {
    this.append(this.#title, this.#list);
  }

  /** @param {{ view: View, round: number, longest_s: number }} state */
  update({ view, round, longest_s }) {
    const people = view.heard.filter((item) => item.round === round);
    setText(this.#title, roundWords(view, round));
    keyed(this.#list, people, ({ seat }) => seat, () => heardItem(), (item, { seat, seconds }) => updateItem(item, nameOf(view, seat), seconds, longest_s));
  }
}

function heardItem() {
  return h("li", {}, h("span"), h("span", { class: "quiet" }), h("span", { class: "bars", "aria-hidden": "true" }, h("span", { class: "bar used" })));
}

/**
 * @param {HTMLElement} item
 * @param {string} name
 * @param {number} seconds
 * @param {number} longest_s
 */
function updateItem(item, name, seconds, longest_s) {
  const [who, long, bars] = item.children;
  if (who) setText(who, name);
  if (long) setText(long, heard.seconds(seconds));
  if (bars?.firstElementChild instanceof HTMLElement) bars.firstElementChild.style.setProperty("--share", String(seconds / longest_s));
}

/** @param {View} view @param {number} round */
function roundWords(view, round) {
  const teacher = teachersOf(view).find((person) => person.teaches === round);
  return teacher ? heard.round(teacher.name) : heard.roundNumber(round + 1);
}

/** @param {View} view @param {RuleKept} rule */
function ruleWords(view, { rule, kept, round, seats, seconds }) {
  const text = kept ? heard.kept[rule] : notKept(view, rule, seats, seconds);
  return round === null ? text.charAt(0).toLocaleUpperCase() + text.slice(1) : `${roundWords(view, round)}: ${text}`;
}

/**
 * @param {View} view
 * @param {RuleKept["rule"]} rule
 * @param {readonly string[]} seats
 * @param {number} seconds
 */
function notKept(view, rule, seats, seconds) {
  const people = seats.map((seat) => nameOf(view, seat)).filter(Boolean);
  switch (rule) {
    case "everybody_heard":
      return people.length ? heard.notHeard(people) : heard.notAllHeard;
    case "teacher_first":
      return heard.notFirst;
    case "alike":
      return heard.notAlike(seconds);
    case "on_time":
      return heard.notOnTime(seconds);
  }
}

customElements.define("heard-round", HeardRound);
customElements.define("who-was-heard", WhoWasHeard);
