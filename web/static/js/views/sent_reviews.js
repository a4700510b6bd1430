// What consultants have sent, on top of the teacher's page.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ReviewSummary } from "./review_summary.js";
import { TalkItOver } from "./talk_it_over.js";
import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */
/** @import { Asked } from "./asked_reviews.js" */

const { asked, summary } = words.reviews;

/** @extends {ViewElement<{ studio: Studio, sent: Asked[] }>} */
export class SentReviews extends ViewElement {
  /** @param {{ studio: Studio, sent: Asked[] }} state */
  update({ studio, sent }) {
    show(this, sent.length > 0);
    keyed(this, sent, ({ review }) => review, () => new SentReview(), (section, review) => section.render({ studio, review }));
  }
}

/** @extends {ViewElement<{ studio: Studio, review: Asked }>} */
class SentReview extends ViewElement {
  #title = h("h2");
  #when = h("p", { class: "quiet" });
  #summary = new ReviewSummary();
  #talk = new TalkItOver();

  build() {
    setAttribute(this, "class", "card sent-review");
    this.append(this.#title, this.#when, this.#summary, this.#talk);
  }

  /** @param {{ studio: Studio, review: Asked }} state */
  update({ studio, review }) {
    setText(this.#title, summary.title(review.name));
    setText(this.#when, asked.sent(review.sent_ms ?? review.due_ms));
    this.#summary.render({ summary: review.summary ?? { version: 0, worked: "", suggestions: [] }, choosable: true });
    this.#talk.render({ studio, review: review.review, name: review.name });
  }
}

customElements.define("sent-reviews", SentReviews);
customElements.define("sent-review", SentReview);
