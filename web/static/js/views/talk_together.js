// A call for two about this recording: opened now or for a time, and those that are not over.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { CopyText } from "./copy_text.js";
import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */
/** @typedef {{ session: string, title: string, url: string, invitation: string, starts_ms: number | null, calendar: string }} Call */
/** @typedef {{ consultations: Call[], people: { person: string, name: string }[] }} Answer */

const { call } = words.consultation;

/** @extends {ViewElement<Answer>} */
export class TalkTogether extends ViewElement {
  /** @type {Studio | null} */
  #studio = null;
  #about = h("p", { class: "quiet" });
  #calls = h("ul", { class: "call-list", id: "calls" });
  #whom = h("select", { id: "call-whom" });
  #with = h("p", { class: "field" }, h("label", { for: "call-whom", text: call.with }), this.#whom);
  #now = h("button", { type: "button", id: "call-now", text: call.now, on: { click: () => void this.#make(null) } });
  #when = h("input", { type: "datetime-local", id: "call-when" });
  #set = h("button", { type: "button", id: "call-set", text: call.set, on: { click: () => this.#makeLater() } });
  #later = h("details", { id: "call-later" }, h("summary", { text: call.later }), h("div", { class: "call-time" }, h("label", { for: "call-when", text: call.when }), this.#when, this.#set));
  #error = h("p", { class: "field-error", role: "alert", hidden: true });

  build() {
    this.append(h("h2", { text: call.title }), this.#about, this.#calls, this.#with, h("p", {}, this.#now), this.#later, this.#error);
  }

  /** @param {Studio} studio */
  connect(studio) {
    this.#studio = studio;
    for (const name of ["together", "permissions", "again"]) studio.news.addEventListener(name, () => void this.#ask());
    void this.#ask();
  }

  /** @param {Answer} answer */
  update({ consultations, people }) {
    const own = this.#studio?.use === "own";
    setText(this.#about, call.about(own));
    show(this.#with, own && people.length > 0);
    keyed(this.#whom, [...people, { person: "", name: call.anybody }], ({ person }) => person, ({ person }) => h("option", { value: person }), (option, { name }) => setText(option, name));
    keyed(this.#calls, consultations, ({ session }) => session, (made) => callItem(made), (item, made) => updateItem(item, made));
    show(this.#calls, consultations.length > 0);
  }

  async #ask() {
    const { ok, body } = (await this.#studio?.ask("/consultations")) ?? { ok: false, body: null };
    if (ok) this.render(body);
    show(this, ok);
  }

  #makeLater() {
    const startsMs = new Date(this.#when.value).getTime();
    if (Number.isFinite(startsMs) && startsMs > Date.now()) void this.#make(startsMs);
    else this.#fail(call.noTime);
  }

  /** @param {number | null} starts_ms */
  async #make(starts_ms) {
    this.#fail("");
    const person = this.#with.hidden ? "" : this.#whom.value;
    for (const button of [this.#now, this.#set]) button.disabled = true;
    const { ok, body } = (await this.#studio?.ask("/consultations", { method: "POST", body: { person, starts_ms } })) ?? { ok: false, body: null };
    for (const button of [this.#now, this.#set]) button.disabled = false;
    if (!ok) return this.#fail(body?.message ?? call.failed);
    this.#later.open = false;
    await this.#ask();
    const made = this.querySelector(`[data-session="${body.session}"] a`);
    if (made instanceof HTMLElement) made.focus();
  }

  /** @param {string} why */
  #fail(why) {
    setText(this.#error, why);
    show(this.#error, why !== "");
  }
}

/** @param {Call} made */
function callItem({ session, url, calendar }) {
  const enter = h("a", { class: "button-link", href: url, text: call.enter });
  const file = h("a", { href: calendar, text: call.calendar });
  show(file, calendar !== "");
  return h("li", { "data-session": session }, h("p", { class: "call-state" }), h("p", { class: "call-ways" }, enter, file), h("p", { class: "quiet", text: call.send }), new CopyText());
}

/** @param {HTMLElement} item @param {Call} made */
function updateItem(item, { starts_ms, invitation }) {
  if (item.firstElementChild) setText(item.firstElementChild, starts_ms === null ? call.ready : call.setFor(words.dayAndTime(starts_ms)));
  const link = item.lastElementChild;
  if (link instanceof CopyText) link.render({ label: call.copy, text: invitation, visible: true });
  setAttribute(item, "data-planned", starts_ms !== null);
}

customElements.define("talk-together", TalkTogether);
