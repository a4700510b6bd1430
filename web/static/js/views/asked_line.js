// One consultant who was asked: how far it is, and what the teacher can do about it.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { CopyText } from "./copy_text.js";
import { ViewElement } from "./view.js";

/** @import { Asked } from "./asked_reviews.js" */

const { asked, link } = words.reviews;
const QR_SIZE = 148;
const ORDER = ["agree", "link", "remind", "ask_another", "end"];

/** Emits `act` ({ review, act }). @extends {ViewElement<Asked>} */
export class AskedLine extends ViewElement {
  #name = h("strong");
  #state = h("p", { role: "status" });
  #message = h("p", { class: "asked-message" });
  #acts = h("div", { class: "row" });
  #link = new LinkToSend();
  /** @type {Asked | null} */
  #asked = null;

  get review() {
    return this.#asked?.review ?? "";
  }

  build() {
    setAttribute(this, "role", "listitem");
    this.append(this.#name, this.#state, this.#message, this.#acts, this.#link);
    show(this.#link, false);
  }

  /** @param {Asked} review */
  update(review) {
    this.#asked = review;
    setAttribute(this, "data-state", review.state);
    setText(this.#name, review.name);
    setText(this.#state, stateWords(review));
    setText(this.#message, review.message ? asked.message(review.message) : "");
    show(this.#message, review.message !== "");
    const acts = ORDER.filter((act) => (act === "link" ? review.link !== "" : review.acts.includes(act)));
    keyed(this.#acts, acts, (act) => act, (act) => this.#button(act), (button, act) => setText(button, actWords(act, review)));
    if (!review.link) show(this.#link, false);
  }

  /** To be sent to the one who is asked. */
  showLink() {
    this.#showLink(false);
  }

  showReminder() {
    this.#showLink(true);
  }

  /** @param {boolean} reminder */
  #showLink(reminder) {
    if (!this.#asked?.link) return;
    this.#link.render({ asked: this.#asked, reminder });
    show(this.#link, true);
    this.#link.focusTitle();
  }

  /** @param {string} act */
  #button(act) {
    const press = () => {
      if (act === "link") this.#link.hidden ? this.showLink() : show(this.#link, false);
      else emit(this, "act", { review: this.#asked, act });
    };
    return h("button", { type: "button", class: act === "end" ? "link" : "", "data-act": act, on: { click: press } });
  }
}

/** The link with a message that is ready to send. @extends {ViewElement<{ asked: Asked, reminder: boolean }>} */
class LinkToSend extends ViewElement {
  #title = h("h3", { tabindex: "-1" });
  #mailed = h("p");
  #copy = new CopyText();
  #message = new CopyText();
  #qr = h("img", { class: "review-qr", width: QR_SIZE, height: QR_SIZE });

  build() {
    const message = h("details", {}, h("summary", { text: link.message }), this.#message);
    this.append(this.#title, this.#mailed, h("p", { class: "quiet", text: link.once }), this.#copy, message, this.#qr);
  }

  /** @param {{ asked: Asked, reminder: boolean }} state */
  update({ asked: { name, link: address, due_ms, mailed, review }, reminder }) {
    setText(this.#title, link.title(name));
    setText(this.#mailed, reminder ? (mailed ? asked.reminded(name) : asked.remindYourself(name)) : "");
    show(this.#mailed, reminder);
    const text = (reminder ? link.reminder : link.request)(name, due_ms, address);
    this.#copy.render({ label: link.copy, text: address, visible: true });
    this.#message.render({ label: link.copyMessage, text, visible: true });
    const details = this.querySelector("details");
    if (details) details.open = reminder;
    setAttribute(this.#qr, "alt", link.picture(name));
    setAttribute(this.#qr, "src", `${location.pathname}/reviews/${review}/qr.svg`);
  }

  focusTitle() {
    this.#title.focus();
  }
}

/** @param {Asked} review */
function stateWords({ state, asked_ms, due_ms, opened_ms, declined_ms, offered_ms, sent_ms }) {
  if (state === "asked") return asked.asked(asked_ms, due_ms);
  if (state === "opened") return asked.opened(opened_ms ?? asked_ms, due_ms);
  if (state === "accepted") return asked.accepted(due_ms);
  if (state === "offered") return asked.offered(offered_ms ?? due_ms);
  if (state === "late") return asked.late(due_ms);
  if (state === "declined") return asked.declined(declined_ms ?? asked_ms);
  return state === "sent" ? asked.sent(sent_ms ?? due_ms) : asked.ended;
}

/**
 * @param {string} act
 * @param {Asked} review
 */
function actWords(act, { offered_ms, due_ms }) {
  if (act === "agree") return asked.agree(offered_ms ?? due_ms);
  if (act === "ask_another") return asked.somebodyElse;
  return act === "remind" ? asked.remind : act === "end" ? asked.stop : asked.showLink;
}

customElements.define("asked-line", AskedLine);
customElements.define("link-to-send", LinkToSend);
