// For the one who leads, in every phase: what ends when, what follows by itself, and the quiet ways to change that.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { absent, inTurns, may, nameOf, nextStep, notHeard, timeSteps, withoutTurn } from "../reading.js";
import { isWithYou } from "../reading_lanes.js";
import * as words from "../words.js";
import { ConsultantChoice, choosesConsultant } from "./consultants.js";
import { DiskState } from "./disk_state.js";
import { HandOver } from "./hand_over.js";
import { offersMissing } from "./layout.js";
import { LineTrouble } from "./line_trouble.js";
import { MissingAnswers } from "./missing.js";
import { paceWords } from "./pace.js";
import { sayingOf } from "./saying.js";
import { ViewElement, command } from "./view.js";

/** @import { CardKind, Connections, Lane, View } from "../protocol.js" */
/** @typedef {{ view: View, lines: Connections, now: number }} State */

const { strip, cards, undo } = words.leading;
const CARDS = /** @type {const} */ (["two_minutes", "cannot_hear", "cannot_see_slides"]);
const CLOCK = /** @type {const} */ (["hold", "resume"]);
const CLOCK_WORDS = { hold: strip.hold, resume: strip.goOn };

/** @extends {ViewElement<State>} */
export class RoomStrip extends ViewElement {
  #where = h("p", { id: "strip-where", class: "strip-where" });
  #saying = h("p", { id: "strip-say", class: "say" });
  #pace = h("p", { id: "strip-pace", class: "quiet" });
  #sheetPace = h("p", { id: "sheet-pace", class: "sheet-pace" });
  #disk = new DiskState();
  #trouble = h("p", { id: "strip-trouble", class: "strip-trouble", role: "status" });
  #lines = new LineTrouble();
  #more = this.#quiet("action-add-time", () => command(this, { type: "add_time", seconds: this.#steps.more_s }));
  #less = this.#quiet("action-less-time", () => command(this, { type: "add_time", seconds: -this.#steps.less_s }));
  #clock = h("div", { class: "strip-clock" });
  #back = this.#quiet("action-back", () => command(this, { type: "back" }), strip.back);
  #cardTitle = h("summary");
  #cards = h("details", { class: "strip-menu", id: "strip-cards", name: "strip" }, this.#cardTitle, h("div", { class: "menu-list" }, ...CARDS.map((card) => this.#card(card))));
  #answers = new MissingAnswers();
  #missing = h("details", { class: "strip-menu", id: "strip-missing", name: "strip" }, h("summary", { text: strip.missing }), h("div", { class: "menu-list" }, this.#answers));
  #turns = h("div", { class: "menu-list" });
  #consultants = new ConsultantChoice();
  #handOver = new HandOver();
  #rest = h("details", { class: "strip-menu", id: "strip-more", name: "strip" }, h("summary", { text: strip.rest }), h("div", { class: "menu-list" }, this.#turns, this.#back, this.#consultants, this.#handOver));
  #undone = h("span");
  #undo = h("div", { class: "undo", role: "status" }, this.#undone, this.#quiet("undo", () => command(this, { type: "take_back" }), undo.button));
  #sheet = h("div", { class: "strip-sheet", id: "strip-sheet" }, this.#sheetPace, this.#less, this.#more, this.#clock, this.#cards);
  #toggle = h("button", { type: "button", class: "strip-toggle", "aria-expanded": "false", "aria-controls": "strip-sheet", text: strip.quiet, on: { click: () => this.#openSheet(!this.#sheet.dataset["open"]) } });
  #steps = { more_s: 60, less_s: 60 };

  build() {
    setAttribute(this, "role", "region");
    setAttribute(this, "aria-label", strip.region);
    const words = h("div", { class: "strip-words" }, this.#where, this.#saying, this.#pace, this.#disk, this.#trouble, this.#lines);
    this.append(words, h("div", { class: "strip-buttons" }, this.#toggle, this.#sheet, this.#missing, this.#rest), this.#undo);
    this.addEventListener("command", () => this.#close());
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape") this.#leave();
    });
    document.addEventListener("click", ({ target }) => {
      if (target instanceof Node && !this.contains(target)) this.#close();
    });
  }

  /** @param {State} state */
  update({ view, lines, now }) {
    setText(this.#where, stripWords(view));
    setText(this.#saying, sayingOf(view));
    show(this.#saying, view.phase.say_lead !== "");
    for (const pace of [this.#pace, this.#sheetPace]) setText(pace, view.pace && !view.alone ? paceWords(view.pace) : "");
    setText(this.#toggle, view.alone ? strip.clock : strip.quiet);
    this.#disk.render(view);
    setText(this.#trouble, troubleWords(view));
    this.#lines.render({ view, lines });
    this.#updateTime(view);
    this.#updateClock(view);
    show(this.#cards, may(view, "show_card"));
    setText(this.#cardTitle, strip.card(nameOf(view, view.teacher)));
    show(this.#toggle, [...this.#sheet.children].some((child) => child instanceof HTMLElement && !child.hidden && child.textContent !== ""));
    show(this.#missing, offersMissing(view));
    this.#answers.render(view);
    show(this.#back, may(view, "back"));
    this.#updateTurns(view);
    this.#handOver.render(view);
    show(this.#handOver, may(view, "hand_over") && !view.alone);
    this.#consultants.render(view);
    show(this.#consultants, choosesConsultant(view));
    show(this.#rest, [this.#back, this.#handOver, this.#consultants].some((part) => !part.hidden) || this.#turns.childElementCount > 0);
    const open = view.undo !== null && view.undo.until_ms > now && may(view, "take_back");
    show(this.#undo, open);
    setText(this.#undone, open && view.undo ? undo[view.undo.what] : "");
  }

  /** @param {View} view */
  #updateTime(view) {
    this.#steps = timeSteps(view);
    const { more_s, less_s } = this.#steps;
    setText(this.#more, strip.more(more_s));
    setText(this.#less, strip.less(less_s));
    setAttribute(this.#more, "aria-label", `${strip.more(more_s)}: ${strip.moreAloud(more_s)}`);
    setAttribute(this.#less, "aria-label", `${strip.less(less_s)}: ${strip.lessAloud(less_s)}`);
    show(this.#more, may(view, "add_time"));
    show(this.#less, may(view, "add_time"));
  }

  /** Whoever does not lead may have the same two among the actions. @param {View} view */
  #updateClock(view) {
    const offered = CLOCK.filter((name) => view.you.leads && may(view, name));
    keyed(this.#clock, offered, String, (name) => this.#quiet(`action-${name}`, () => command(this, { type: name }), CLOCK_WORDS[name]), () => {});
  }

  /** @param {View} view */
  #updateTurns(view) {
    const people = may(view, "add_turn") ? withoutTurn(view) : [];
    keyed(this.#turns, people, ({ seat }) => seat, ({ seat }) => this.#quiet(`action-add-turn-${seat}`, () => command(this, { type: "add_turn", seat })), (button, { name }) => {
      setText(button, strip.addTurn(name));
    });
  }

  /** On a phone the quiet buttons are a sheet. @param {boolean} open */
  #openSheet(open) {
    setAttribute(this.#sheet, "data-open", open ? "yes" : null);
    setAttribute(this.#toggle, "aria-expanded", String(open));
  }

  /** Whoever closes a menu by the keyboard is back where it was opened. */
  #leave() {
    const from = document.activeElement?.closest("details")?.querySelector("summary") ?? (this.#sheet.contains(document.activeElement) ? this.#toggle : null);
    this.#close();
    from?.focus();
  }

  #close() {
    this.#openSheet(false);
    for (const menu of [this.#cards, this.#missing, this.#rest]) menu.open = false;
  }

  /** @param {CardKind} card */
  #card(card) {
    return this.#quiet(`action-show-card-${card.replaceAll("_", "-")}`, () => command(this, { type: "show_card", card }), cards[card]);
  }

  /**
   * @param {string} id
   * @param {() => void} click
   * @param {string} [text]
   */
  #quiet(id, click, text) {
    return h("button", { type: "button", class: "quiet-button", id, text, on: { click } });
  }
}

/** @param {View} view */
export function stripWords(view) {
  const { phase, floor, lane } = view;
  if (lane !== null) return dividedWords(view, lane);
  const step = nextStep(view);
  const [next] = floor.next;
  if (floor.turn !== null && inTurns(view)) return strip.turn(nameOf(view, floor.turn), next === undefined ? (step?.title ?? "") : nameOf(view, next));
  const byItself = phase.ends_ms !== null;
  const ends = byItself ? strip.ends(phase.title, /** @type {number} */ (phase.ends_ms)) : phase.title;
  const after = step === null ? strip.closes : byItself ? strip.byItself(step.title) : strip.after(step.title);
  return [`${ends}, ${after}`, ...(view.runs_by_itself && !view.alone ? [strip.runsByItself] : [])].join(". ");
}

/** Who is where, and when all are together again. @param {View} view @param {Lane} lane */
function dividedWords(view, { others, together_ms }) {
  const here = view.people.filter((person) => isWithYou(view, person) && person.here).map((person) => person.seat);
  const parts = [{ title: view.phase.title, seats: here }, ...others].filter(({ seats }) => seats.length > 0);
  const places = parts.map(({ title, seats }) => {
    const people = seats.map((seat) => nameOf(view, seat));
    return seats.length === 1 && seats[0] === view.teacher ? words.together.lanes.ownTimeOf(people) : words.together.lanes.place(title, people);
  });
  return [...places, together_ms === null ? "" : strip.together(together_ms)].filter(Boolean).join(" · ");
}

/** Names with trouble only. @param {View} view */
function troubleWords(view) {
  const away = absent(view).map((person) => person.name);
  const silent = view.floor.mode === "round_robin" && view.floor.turn === null ? notHeard(view).map((person) => person.name) : [];
  return [away.length ? strip.notHere(away) : "", silent.length ? strip.notHeard(silent) : ""].filter(Boolean).join(" · ");
}

customElements.define("room-strip", RoomStrip);
