// The teacher's own view first: guided questions against her own goals, strengths before what to change. Private until it is shared.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { Saver, keep, read } from "../saver.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */
/** @import { Saving } from "../saver.js" */

/**
 * @typedef {object} Question
 * @property {string} key
 * @property {string} label
 * @property {string} hint
 * @property {string} about her own line on the lesson card
 * @property {string} text
 * @property {boolean} shared
 * @property {boolean} waits for the answer to what worked
 */

const ROWS = 3;
const { view } = words.ownView;

/** Emits `choose-thing` with no text: what to try comes next. @extends {ViewElement<Question[]>} */
export class OwnView extends ViewElement {
  /** @type {Studio | null} */
  #studio = null;
  #title = h("h2", { text: view.title });
  #lead = h("p", { class: "quiet", text: view.lead });
  #list = h("div", { class: "own-questions" });
  #state = h("p", { class: "quiet", id: "own-view-state", role: "status" });
  #share = h("button", { type: "button", class: "quiet-button", id: "own-view-share", on: { click: () => this.#toggleShared() } });
  /** @type {Map<string, QuestionField>} */
  #fields = new Map();
  /** @type {Question[]} */
  #questions = [];

  /** @param {Studio} studio */
  connect(studio) {
    this.#studio = studio;
    studio.news.addEventListener("reflection", () => void this.#ask());
    studio.news.addEventListener("again", () => void this.#ask());
    void this.#ask();
  }

  build() {
    this.replaceChildren(this.#title, this.#lead, this.#list, h("div", { class: "row" }, this.#share, this.#state));
  }

  /** @param {Question[]} questions */
  update(questions) {
    this.#questions = questions;
    const worked = questions.find(({ key }) => key === "worked");
    const waits = !(this.#fields.get("worked")?.text ?? worked?.text);
    const asked = questions.filter(({ waits: later }) => !later || !waits);
    keyed(this.#list, asked, ({ key }) => key, (question) => this.#field(question), (field, question) => field.render(question));
    const shared = questions.some((question) => question.shared);
    show(this.#share, questions.some(({ text }) => text !== ""));
    setText(this.#share, shared ? view.takeBack : view.share);
    setAttribute(this.#share, "aria-pressed", String(shared));
    this.#showState(shared);
  }

  async #ask() {
    const answer = await this.#studio?.ask("/own-view");
    if (answer?.ok) this.render(answer.body.questions);
  }

  /** @param {Question} question */
  #field({ key }) {
    const field = new QuestionField(key, /** @type {Studio} */ (this.#studio));
    this.#fields.set(key, field);
    field.addEventListener("saving", () => this.update(this.#questions));
    return field;
  }

  async #toggleShared() {
    const shared = !this.#questions.some((question) => question.shared);
    const answer = await this.#studio?.ask("/own-view/share", { method: "POST", body: { shared } });
    if (answer?.ok) this.render(answer.body.questions);
    else setText(this.#state, view.kept);
  }

  /** @param {boolean} shared */
  #showState(shared) {
    const states = [...this.#fields.values()].map(({ saving }) => saving);
    /** @type {Saving} */
    const worst = states.includes("kept") ? "kept" : states.includes("saving") ? "saving" : "saved";
    setText(this.#state, worst === "saved" ? (shared ? view.shared : view.onlyYou) : view[worst]);
  }
}

/** One question and its answer. Emits `saving`. @extends {ViewElement<Question>} */
class QuestionField extends ViewElement {
  #key;
  #studio;
  #label = h("label");
  #about = h("p", { class: "own-about" });
  #hint = h("p", { class: "quiet" });
  #text = h("textarea", { rows: ROWS, maxlength: 4000 });
  #saver;
  #baseKey;
  /** What the server had when these words were begun. */
  #server = "";

  /**
   * @param {string} key
   * @param {Studio} studio
   */
  constructor(key, studio) {
    super();
    this.#key = key;
    this.#studio = studio;
    const kept = `own-view/${studio.person}/${studio.take}/${key}`;
    this.#baseKey = `${kept}/base`;
    this.#saver = new Saver(kept, (text, leaving) => this.#send(text, leaving));
    this.#saver.addEventListener("change", () => this.dispatchEvent(new CustomEvent("saving")));
  }

  get saving() {
    return this.#saver.state;
  }

  get text() {
    return this.#text.value.trim();
  }

  build() {
    const id = `own-${this.#key}`;
    setAttribute(this.#label, "for", id);
    setAttribute(this.#text, "id", id);
    setAttribute(this.#hint, "id", `${id}-hint`);
    setAttribute(this.#text, "aria-describedby", `${id}-hint`);
    this.append(this.#label, this.#about, this.#text, this.#hint);
    this.#text.addEventListener("input", () => {
      if (this.#saver.waiting === null) keep(this.#baseKey, this.#server);
      this.#saver.write(this.#text.value);
      this.dispatchEvent(new CustomEvent("saving"));
    });
    this.#text.addEventListener("focus", () => this.#studio.typing(true));
    this.#text.addEventListener("blur", () => {
      this.#studio.typing(false);
      this.#saver.flush();
    });
    this.#text.value = this.#saver.waiting ?? "";
  }

  /** @param {Question} question */
  update({ label, hint, about, text }) {
    setText(this.#label, label);
    setText(this.#hint, hint);
    setText(this.#about, about ? `“${about}”` : "");
    show(this.#about, about !== "");
    show(this.#hint, hint !== "");
    if (this.#saver.waiting === null && document.activeElement !== this.#text) this.#server = text;
    const own = this.#saver.waiting ?? text;
    if (document.activeElement !== this.#text && this.#text.value !== own) this.#text.value = own;
  }

  /**
   * @param {string} text
   * @param {boolean} leaving
   */
  async #send(text, leaving) {
    const body = { text, base: read(this.#baseKey) ?? this.#server };
    const answer = await this.#studio.ask(`/own-view/${this.#key}`, { method: "PUT", body, keepalive: leaving });
    if (answer.status === 409) this.#join(answer.body.text, text);
    if (answer.ok) this.#server = text.trim();
    if (answer.ok) keep(this.#baseKey, null);
    return answer.ok;
  }

  /** Another device has written here meanwhile, and both stay; or it was this one, whose answer was lost. @param {string} theirs @param {string} mine */
  #join(theirs, mine) {
    keep(this.#baseKey, theirs);
    if (!mine.startsWith(theirs)) this.#text.value = `${theirs}\n\n${mine}`;
    this.#saver.write(this.#text.value);
  }
}

customElements.define("own-view-question", QuestionField);
customElements.define("own-view", OwnView);
