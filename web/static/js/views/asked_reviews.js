// Asking a consultant, and what has become of it; for the teacher. What was sent stands in `sent-reviews`, on top of the page.

import { h, keyed, setText, show } from "../dom.js";
import * as words from "../words.js";
import { AskForm } from "./ask_form.js";
import { AskedLine } from "./asked_line.js";
import { SentReviews } from "./sent_reviews.js";
import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */
/** @import { Summary } from "./review_summary.js" */
/**
 * @typedef {object} Asked one review as its teacher sees it
 * @property {string} review
 * @property {string} name
 * @property {string | null} person
 * @property {"asked" | "opened" | "accepted" | "offered" | "late" | "declined" | "sent" | "ended"} state
 * @property {string[]} acts
 * @property {string[]} questions
 * @property {{ notes: boolean, own: boolean, talk: boolean }} includes
 * @property {string} message
 * @property {boolean} mailed
 * @property {string} link
 * @property {Summary | null} summary
 * @property {number} asked_ms
 * @property {number} due_ms
 * @property {number | null} opened_ms
 * @property {number | null} declined_ms
 * @property {number | null} offered_ms
 * @property {number | null} sent_ms
 */
/** @typedef {{ label: string, text: string }} CardLine */
/** @typedef {{ person: string, name: string }} Known */
/** @typedef {{ reviews: Asked[], known: Known[], questions: string[], card: CardLine[], can_mail: boolean }} State */

const { ask, asked } = words.reviews;
const TICKS = "reviews";

/** @extends {ViewElement<State>} */
export class AskedReviews extends ViewElement {
  /** @type {Studio | null} */
  #studio = null;
  #lines = h("ul", { class: "asked-lines" });
  #open = h("button", { type: "button", id: "ask-consultant", on: { click: () => this.#ask(null) } });
  #form = new AskForm();
  #said = h("p", { class: "quiet", id: "asked-said", role: "status" });
  #earlierTitle = h("summary");
  #earlierLines = h("ul", { class: "asked-lines" });
  #earlier = h("details", { id: "asked-earlier" }, this.#earlierTitle, this.#earlierLines);
  #lead = h("p", { class: "quiet", text: ask.lead });
  /** @type {State | null} */
  #state = null;

  /** @param {Studio} studio */
  connect(studio) {
    this.#studio = studio;
    for (const name of ["reviews", "permissions", "again"]) studio.news.addEventListener(name, () => void this.#look());
    this.#form.addEventListener("ask", (event) => event instanceof CustomEvent && void this.#send(event.detail));
    this.#form.addEventListener("closed", () => this.#closeForm());
    this.addEventListener("act", (event) => event instanceof CustomEvent && void this.#act(event.detail.review, event.detail.act));
    void this.#look();
  }

  build() {
    const title = h("h2", { id: "asked-title", text: ask.title });
    const parts = [title, this.#lead, this.#lines, this.#said, this.#open, this.#form, this.#earlier];
    this.append(h("section", { class: "card asked-reviews", "aria-labelledby": "asked-title" }, ...parts));
    show(this.#form, false);
  }

  /** @param {State} state */
  update(state) {
    this.#state = state;
    const running = state.reviews.filter(({ state: now }) => now !== "ended" && now !== "sent");
    const earlier = state.reviews.filter(({ state: now }) => now === "ended");
    show(this.#lead, running.length === 0);
    keyed(this.#lines, running, ({ review }) => review, () => new AskedLine(), (line, each) => line.render(each));
    keyed(this.#earlierLines, earlier, ({ review }) => review, () => new AskedLine(), (line, each) => line.render(each));
    setText(this.#earlierTitle, asked.earlier(earlier.length));
    show(this.#earlier, earlier.length > 0);
    setText(this.#open, running.length ? ask.openAgain : ask.open);
    this.#showSent(state.reviews.filter(({ state: now }) => now === "sent"));
  }

  /** @param {Asked[]} sent */
  #showSent(sent) {
    const place = document.getElementById("sent-reviews");
    if (place instanceof SentReviews && this.#studio) place.render({ studio: this.#studio, sent });
    const suggestions = sent.flatMap(({ review, name, summary }) => (summary?.suggestions ?? []).map((each, number) => ({ review, name, number, ...each })));
    const ticks = suggestions.flatMap(({ review, name, number, text, at_ms }) =>
      at_ms === null ? [] : [{ at_ms, end_ms: null, kind: "review", key: `${review}/${number}`, label: `${name}: ${text}` }],
    );
    this.#studio?.setTicks(TICKS, ticks);
  }

  async #look() {
    const answer = await this.#studio?.ask("/reviews");
    if (answer?.ok) this.render(answer.body);
  }

  /** @param {Asked | null} instead */
  #ask(instead) {
    if (this.#state === null) return;
    const { known, questions, card, can_mail } = this.#state;
    this.#form.render({ known, card, canMail: can_mail, questions: instead ? instead.questions : questions, instead });
    setText(this.#said, "");
    show(this.#form, true);
    show(this.#open, false);
    this.#form.focusFirst();
  }

  #closeForm() {
    show(this.#form, false);
    show(this.#open, true);
    this.#open.focus();
  }

  /** @param {object} wanted */
  async #send(wanted) {
    const answer = await this.#studio?.ask("/reviews", { method: "POST", body: wanted });
    this.#form.fail(answer?.ok ? "" : (answer?.body?.message ?? ask.failed));
    if (!answer?.ok) return;
    this.#closeForm();
    this.render(answer.body);
    this.#line(answer.body.review)?.showLink();
  }

  /**
   * @param {Asked} review
   * @param {string} act
   */
  async #act(review, act) {
    if (act === "ask_another") return this.#ask(review);
    const answer = await this.#studio?.ask(`/reviews/${review.review}/${act}`, { method: "POST", body: {} });
    if (!answer?.ok) return setText(this.#said, answer?.body?.message ?? ask.failed);
    this.render(answer.body);
    setText(this.#said, act === "end" ? asked.stopped(review.name) : "");
    if (act === "remind") this.#line(review.review)?.showReminder();
  }

  /** @param {string} review */
  #line(review) {
    for (const line of this.#lines.children) if (line instanceof AskedLine && line.review === review) return line;
    return null;
  }
}

customElements.define("asked-reviews", AskedReviews);
