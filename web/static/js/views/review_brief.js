// What a consultant was asked, above the film, and the answers that are possible before the review; for the consultant.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { endOfDay, localDay } from "./ask_form.js";
import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */
/** @import { Summary } from "./review_summary.js" */
/**
 * @typedef {object} Brief one review as its consultant sees it
 * @property {string} review
 * @property {string} teacher a name
 * @property {{ lesson: string, goal: string }} about
 * @property {string[]} questions
 * @property {"asked" | "opened" | "accepted" | "offered" | "late" | "declined" | "sent" | "ended"} state
 * @property {string[]} acts
 * @property {Summary} summary
 * @property {number} due_ms
 * @property {number | null} offered_ms
 * @property {number | null} sent_ms
 */

const { brief, ask } = words.reviews;
const WIDE = matchMedia("(min-width: 64rem)");

/** @extends {ViewElement<Brief>} */
export class ReviewBrief extends ViewElement {
  /** @type {Studio | null} */
  #studio = null;
  #title = h("strong");
  #due = h("span", { class: "quiet" });
  #facts = h("dl", { class: "review-facts" });
  #state = h("p", { role: "status" });
  #accept = h("button", { type: "button", id: "accept-review", on: { click: () => void this.#send("accept", {}) } });
  #date = h("input", { type: "date", id: "later-date", required: true });
  #laterMessage = h("input", { type: "text", id: "later-line", maxlength: 500, autocomplete: "off" });
  #laterLabel = h("label", { for: "later-line" });
  #later = h("details", { id: "later" });
  #declineMessage = h("input", { type: "text", id: "decline-line", maxlength: 500, autocomplete: "off" });
  #declineLabel = h("label", { for: "decline-line" });
  #declineAbout = h("p");
  #decline = h("details", { id: "decline" });
  #answers = h("div", { class: "review-answers" }, this.#accept, this.#later, this.#decline);
  #error = h("p", { class: "field-error", role: "alert" });
  #whole = h("details", { class: "card review-brief" });

  /** @param {Studio} studio */
  connect(studio) {
    this.#studio = studio;
    for (const name of ["reviews", "again"]) studio.news.addEventListener(name, () => void this.#look());
    void this.#look();
  }

  build() {
    this.#later.append(
      h("summary", { text: brief.later }),
      h(
        "form",
        { class: "stack", on: { submit: (/** @type {Event} */ event) => this.#offer(event) } },
        h("div", { class: "field" }, h("label", { for: "later-date", text: brief.date }), this.#date),
        h("div", { class: "field" }, this.#laterLabel, this.#laterMessage),
        h("div", { class: "form-end" }, h("button", { type: "submit", text: brief.offer })),
      ),
    );
    this.#decline.append(
      h("summary", { text: brief.decline }),
      h(
        "form",
        { class: "stack", on: { submit: (/** @type {Event} */ event) => void this.#refuse(event) } },
        this.#declineAbout,
        h("div", { class: "field" }, this.#declineLabel, this.#declineMessage),
        h("div", { class: "form-end" }, h("button", { type: "submit", text: brief.declineNow })),
      ),
    );
    const desk = h("p", { class: "quiet" }, h("a", { href: "/reviews", text: brief.desk }));
    this.#whole.append(h("summary", {}, h("span", {}, this.#title, " ", this.#due)), this.#facts, this.#state, this.#answers, this.#error, desk);
    this.#whole.open = WIDE.matches;
    setAttribute(this.#date, "min", localDay(1));
    this.append(this.#whole);
    show(this.#error, false);
  }

  /** @param {Brief} state */
  update({ teacher, about, questions, state, acts, due_ms, offered_ms, sent_ms }) {
    setText(this.#title, brief.title(teacher));
    setText(this.#due, brief.by(due_ms));
    const facts = [
      { label: brief.lesson, texts: [about.lesson] },
      { label: brief.goal, texts: [about.goal] },
      { label: brief.questions, texts: questions.length ? questions : [brief.noQuestions] },
    ].filter(({ texts }) => texts[0] !== "");
    keyed(this.#facts, facts, ({ label }) => label, ({ label }) => h("div", {}, h("dt", { text: label }), h("dd", {}, h("ul"))), (row, { texts }) => {
      const list = row.querySelector("ul");
      if (list) keyed(list, texts, (text) => text, (text) => h("li", { text }), () => {});
    });
    setText(this.#state, stateWords(state, teacher, due_ms, offered_ms, sent_ms));
    show(this.#state, this.#state.textContent !== "");
    setText(this.#accept, brief.accept(due_ms));
    show(this.#accept, acts.includes("accept"));
    show(this.#later, acts.includes("offer"));
    show(this.#decline, acts.includes("decline"));
    show(this.#answers, ["accept", "offer", "decline"].some((act) => acts.includes(act)));
    setText(this.#laterLabel, brief.message(teacher));
    setText(this.#declineLabel, brief.message(teacher));
    setText(this.#declineAbout, brief.declineAbout(teacher));
  }

  async #look() {
    const answer = await this.#studio?.ask("/review");
    if (answer?.ok) this.render(answer.body);
  }

  /** @param {Event} event */
  #offer(event) {
    event.preventDefault();
    this.#later.open = false;
    void this.#send("later", { date_ms: endOfDay(this.#date.value), message: this.#laterMessage.value });
  }

  /** @param {Event} event */
  async #refuse(event) {
    event.preventDefault();
    const answer = await this.#send("decline", { message: this.#declineMessage.value });
    if (answer?.ok) location.assign(answer.body.next);
  }

  /**
   * @param {"accept" | "later" | "decline"} act
   * @param {object} body
   */
  async #send(act, body) {
    const answer = await this.#studio?.ask(`/review/${act}`, { method: "POST", body });
    setText(this.#error, answer?.ok ? "" : (answer?.body?.message ?? ask.failed));
    show(this.#error, !answer?.ok);
    if (answer?.ok && act !== "decline") this.render(answer.body);
    return answer;
  }
}

/**
 * @param {Brief["state"]} state
 * @param {string} teacher
 * @param {number} due
 * @param {number | null} offered
 * @param {number | null} sent
 */
function stateWords(state, teacher, due, offered, sent) {
  if (state === "accepted") return brief.accepted(due);
  if (state === "offered") return brief.offered(offered ?? due, teacher);
  if (state === "late") return brief.late;
  return state === "sent" ? brief.sent(sent ?? due) : "";
}

customElements.define("review-brief", ReviewBrief);
