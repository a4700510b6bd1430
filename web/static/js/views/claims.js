// Questions to answer before all else: somebody on a new device, a microphone to share, and a session that nobody leads.

import { h, keyed, setText, show } from "../dom.js";
import { may, nameOf } from "../reading.js";
import * as words from "../words.js";
import { SharingQuestions, hasSharing } from "./sharing.js";
import { ViewElement, command } from "./view.js";

/** @import { View, Claim } from "../protocol.js" */

const { claims, lead } = words.leading;

/** @extends {ViewElement<View>} */
export class RoomClaims extends ViewElement {
  #claims = h("div", { class: "questions" });
  #sharing = new SharingQuestions();
  #lead = h(
    "div",
    { class: "question", id: "nobody-leads" },
    h("p", { text: lead.nobody }),
    h("button", { type: "button", id: "action-take-lead", text: lead.take, on: { click: () => command(this, { type: "take_lead" }) } }),
  );

  build() {
    this.setAttribute("role", "status");
    this.append(this.#claims, this.#sharing, this.#lead);
  }

  /** @param {View} view */
  update(view) {
    show(this.#lead, may(view, "take_lead"));
    show(this.#sharing, hasSharing(view));
    this.#sharing.render(view);
    keyed(this.#claims, view.claims, ({ claim }) => claim, (claim) => this.#question(claim, claim === view.claims[0]), (item, { seat }) => {
      const own = seat === view.you.seat;
      const [text, yes] = [item.querySelector("p"), item.querySelector("button")];
      if (text) setText(text, own ? claims.yours : claims.asks(nameOf(view, seat)));
      if (yes) setText(yes, own ? claims.yesYours : claims.yes);
    });
  }

  /**
   * @param {Claim} claim
   * @param {boolean} first
   */
  #question({ claim }, first) {
    const answer = (/** @type {boolean} */ yes) => () => command(this, { type: "answer_claim", claim, yes });
    const yes = h("button", { type: "button", id: first ? "claim-yes" : `claim-yes-${claim}`, on: { click: answer(true) } });
    const no = h("button", { type: "button", id: first ? "claim-no" : `claim-no-${claim}`, text: claims.no, on: { click: answer(false) } });
    return h("div", { class: "question" }, h("p"), yes, no);
  }
}

/** @param {View} view */
export function hasQuestions(view) {
  return view.claims.length > 0 || hasSharing(view) || may(view, "take_lead");
}

customElements.define("room-claims", RoomClaims);
