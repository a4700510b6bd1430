// After the end, for the one who led: whose connection was weak, in a sentence each.

import { h, keyed, setText, show } from "../dom.js";
import { nameOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Connections, View, WeakTime } from "../protocol.js" */

const { after } = words.line;

/** @extends {ViewElement<{ view: View, lines: Connections }>} */
export class WeakLines extends ViewElement {
  #list = h("ul", { class: "plain-list" });
  #advice = h("p", { class: "quiet" });

  build() {
    this.append(h("h2", { text: after.title }), this.#list, this.#advice);
  }

  /** @param {{ view: View, lines: Connections }} state */
  update({ view, lines: { weak } }) {
    show(this, weak.length > 0);
    keyed(this.#list, weak, ({ seat }) => seat, () => h("li"), (item, one) => setText(item, sentenceOf(nameOf(view, one.seat), one)));
    const long = weak.filter((one) => minutesOf(one) > 0).map(({ seat }) => nameOf(view, seat));
    setText(this.#advice, long.length > 0 ? after.advice(long) : "");
  }
}

/** @param {string} name @param {WeakTime} one */
function sentenceOf(name, one) {
  const minutes = minutesOf(one);
  if (minutes === 0) return after.again(name, one.reconnects);
  return one.reconnects > 0 ? after.both(name, minutes, one.reconnects) : after.weak(name, minutes);
}

/** @param {WeakTime} one */
function minutesOf({ fair_s, poor_s, lost_s }) {
  const weak_s = fair_s + poor_s + lost_s;
  return weak_s < 30 ? 0 : Math.max(1, Math.round(weak_s / 60));
}

customElements.define("weak-lines", WeakLines);
