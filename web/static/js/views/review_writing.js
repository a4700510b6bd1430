// A consultant's summary until it is sent; for the consultant. Nothing of it is read by anybody else before.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { ReviewDraft } from "../review_draft.js";
import * as words from "../words.js";
import { ReviewSummary } from "./review_summary.js";
import { SuggestionField } from "./suggestion_field.js";
import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */
/** @import { Brief } from "./review_brief.js" */
/** @import { Summary } from "./review_summary.js" */

const { writing } = words.reviews;
const MOST_SUGGESTIONS = 3;
const LONGEST_WORKED = 4000;

/** @extends {ViewElement<Brief>} */
export class ReviewWriting extends ViewElement {
  /** @type {Studio | null} */
  #studio = null;
  /** @type {ReviewDraft | null} */
  #draft = null;
  #title = h("h2", { id: "writing-title", tabindex: "-1" });
  #lead = h("p", { class: "quiet" });
  #worked = h("textarea", { id: "review-worked", rows: 3, maxlength: LONGEST_WORKED, "aria-describedby": "review-worked-about" });
  /** @type {SuggestionField[]} */
  #suggestions = [];
  #state = h("p", { class: "quiet", id: "review-state", role: "status" });
  #conflict = h(
    "div",
    { class: "hint", role: "alert" },
    h("p", { text: writing.elsewhere }),
    h("div", { class: "row" }, this.#choice(true), this.#choice(false)),
  );
  #previewTitle = h("summary");
  #preview = new ReviewSummary();
  #send = h("button", { type: "button", class: "primary", id: "review-send", on: { click: () => void this.#ask() } });
  #nudges = h("ul");
  #goes = h("p");
  #confirm = h("div", { class: "hint stack", role: "group", id: "review-confirm", tabindex: "-1" });
  #error = h("p", { class: "field-error", role: "alert" });
  #writing = h("div", { class: "stack review-fields" });
  #sent = h("div", { class: "stack" });
  #sentWords = h("p", { role: "status" });
  #sentSummary = new ReviewSummary();
  /** @type {Brief | null} */
  #brief = null;

  /** @param {Studio} studio */
  connect(studio) {
    this.#studio = studio;
    this.#draft = new ReviewDraft(studio);
    this.#draft.addEventListener("change", () => this.#showState());
    for (const name of ["summary", "reviews", "again"]) studio.news.addEventListener(name, () => void this.#look());
    studio.addEventListener("time", () => this.#showPlace());
    void this.#look();
  }

  build() {
    const fields = Array.from({ length: MOST_SUGGESTIONS }, (_, number) => new SuggestionField(number + 1));
    this.#suggestions = fields;
    for (const field of fields) field.addEventListener("input", () => this.#write());
    this.#worked.addEventListener("input", () => this.#write());
    this.#writing.addEventListener("focusin", (event) => this.#typing(event, true));
    this.#writing.addEventListener("focusout", (event) => this.#typing(event, false));
    const worked = h("div", { class: "field" }, h("label", { for: "review-worked", text: writing.worked }), this.#worked);
    worked.append(h("p", { class: "quiet", id: "review-worked-about", text: writing.workedHint }));
    const suggestions = h("fieldset", { class: "field" }, h("legend", { text: writing.suggestions }), ...fields);
    const preview = h("details", { id: "review-preview" }, this.#previewTitle, this.#preview);
    this.#confirm.append(
      this.#nudges,
      this.#goes,
      h(
        "div",
        { class: "form-end" },
        h("button", { type: "button", class: "primary", id: "review-send-now", text: writing.sendNow, on: { click: () => void this.#sendNow() } }),
        h("button", { type: "button", class: "link", text: writing.notYet, on: { click: () => this.#close() } }),
      ),
    );
    this.#writing.append(worked, suggestions, this.#conflict, this.#state, preview, h("div", { class: "form-end" }, this.#send), this.#confirm, this.#error);
    this.#sent.append(this.#sentWords, this.#sentSummary, h("p", { class: "quiet", text: writing.after }));
    const parts = [this.#title, this.#lead, this.#writing, this.#sent];
    this.append(h("section", { class: "card review-writing", "aria-labelledby": "writing-title" }, ...parts));
    for (const node of [this.#conflict, this.#confirm, this.#error, this.#sent]) show(node, false);
  }

  /** @param {Brief} brief */
  update(brief) {
    const before = this.#brief;
    this.#brief = brief;
    const { teacher, state, summary, sent_ms, due_ms } = brief;
    const sent = state === "sent";
    setText(this.#title, writing.title(teacher));
    setText(this.#lead, writing.lead(teacher));
    show(this.#lead, !sent);
    setText(this.#previewTitle, writing.preview(teacher));
    setText(this.#send, writing.send(teacher));
    show(this.#writing, !sent);
    show(this.#sent, sent);
    setText(this.#sentWords, sent ? writing.sent(teacher, sent_ms ?? due_ms) : "");
    if (sent) return this.#sentSummary.render({ summary, choosable: false });
    this.#draft?.take(summary);
    if (before === null || !this.#writing.contains(document.activeElement)) this.#fill(this.#draft?.now ?? summary);
    this.#showPlace();
    this.#showState();
  }

  async #look() {
    const answer = await this.#studio?.ask("/review");
    if (answer?.ok) this.render(answer.body);
  }

  /** @param {Summary} summary */
  #fill({ worked, suggestions }) {
    this.#worked.value = worked;
    for (const [number, field] of this.#suggestions.entries()) field.render(suggestions[number] ?? { text: "", at_ms: null });
    this.#preview.render({ summary: this.#written(), choosable: false });
  }

  /** @returns {Summary} */
  #written() {
    const suggestions = this.#suggestions.map(({ value }) => value).filter(({ text }) => text !== "");
    return { version: 0, worked: this.#worked.value.trim(), suggestions };
  }

  #write() {
    const { worked, suggestions } = this.#written();
    this.#draft?.write({ worked, suggestions });
    this.#preview.render({ summary: this.#written(), choosable: false });
    this.#close();
  }

  #showState() {
    const draft = this.#draft;
    if (draft === null || this.#brief === null) return;
    const empty = draft.now.worked === "" && draft.now.suggestions.length === 0;
    setText(this.#state, empty && draft.state === "saved" ? "" : writing[draft.state]);
    show(this.#conflict, draft.conflict !== null);
  }

  /** Where the film is, for a suggestion that is to point there. */
  #showPlace() {
    const atMs = this.#studio?.film.atMs ?? 0;
    for (const field of this.#suggestions) field.place(atMs);
  }

  /** Asks once before it is sent, and says kindly what is missing. */
  async #ask() {
    const { worked, suggestions } = this.#written();
    const nudges = [
      ...(worked === "" && suggestions.length === 0 ? [writing.nothing] : suggestions.length === 0 ? [writing.noSuggestion] : []),
      ...(suggestions.length > 0 && suggestions.every(({ at_ms }) => at_ms === null) ? [writing.noMomentYet] : []),
    ];
    keyed(this.#nudges, nudges, (text) => text, (text) => h("li", { text }), () => {});
    show(this.#nudges, nudges.length > 0);
    const answer = await this.#studio?.ask("/notes");
    const notes = answer?.ok ? answer.body.notes.filter((/** @type {{ mine: boolean }} */ { mine }) => mine).length : 0;
    setText(this.#goes, writing.goes(this.#brief?.teacher ?? "", notes));
    show(this.#confirm, true);
    show(this.#send, false);
    this.#confirm.focus();
  }

  #close() {
    show(this.#confirm, false);
    show(this.#send, true);
  }

  async #sendNow() {
    const saved = await this.#draft?.settle();
    const answer = saved ? await this.#studio?.ask("/review/send", { method: "POST", body: {} }) : null;
    setText(this.#error, answer?.ok ? "" : (answer?.body?.message ?? writing.failed));
    show(this.#error, !answer?.ok);
    this.#close();
    if (!answer?.ok) return;
    this.render(answer.body);
    this.#title.focus();
  }

  /** @param {boolean} mine */
  #choice(mine) {
    const choose = () => {
      this.#draft?.resolve(mine);
      if (this.#draft) this.#fill(this.#draft.now);
      this.#showState();
    };
    return h("button", { type: "button", "data-mine": mine, text: mine ? writing.mine : writing.theirs, on: { click: choose } });
  }

  /**
   * @param {FocusEvent} event
   * @param {boolean} begins
   */
  #typing({ target }, begins) {
    if (target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement) this.#studio?.typing(begins);
  }
}

customElements.define("review-writing", ReviewWriting);
