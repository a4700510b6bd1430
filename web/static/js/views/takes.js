// One's own recordings: the way to each, and what becomes of one that was stopped in mid-lesson.

import { h, keyed, show } from "../dom.js";
import { situationOf } from "../reading.js";
import { hasOwnTime } from "../reading_lanes.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { View, OwnTake } from "../protocol.js" */
/** @typedef {{ take: OwnTake, several: boolean, again: boolean }} Shown `again`: there was a second try */

const { stopped } = words.writing;
const { tries } = words.together;

/** @extends {ViewElement<View>} */
export class RoomTakes extends ViewElement {
  #list = h("ul", { class: "take-list" });

  build() {
    this.append(this.#list);
  }

  /** @param {View} view */
  update(view) {
    const takes = takesOf(view);
    const several = takes.length > 1;
    const again = view.takes.some(({ attempt }) => attempt > 0);
    keyed(this.#list, takes, ({ take, state, asks }) => `${take}/${state}/${asks}/${several}`, (take) => takeItem({ take, several, again }), () => {});
  }
}

/** Recordings about which there is something to say. @param {View} view */
function takesOf(view) {
  return view.takes.filter((take) => take.asks || take.state !== "recording");
}

/** In a round nobody is led to the film: it is for afterwards. @param {View} view */
export function showsTakes(view) {
  const afterwards = !hasOwnTime(view) && (view.phase.part !== "round" || (view.alone && situationOf(view) !== "lesson"));
  return takesOf(view).some((take) => afterwards || (take.asks && situationOf(view) !== "lesson"));
}

/** @param {Shown} shown */
function takeItem({ take, several, again }) {
  if (take.state === "deleted") return h("li", {}, h("p", { text: stopped.deleted }));
  if (take.asks) return h("li", { "data-take": take.take }, new StoppedTake(take.take));
  if (take.state === "failed") return h("li", {}, h("p", { text: words.takes.failed }));
  const text = again ? (take.attempt > 0 ? tries.watchSecond : tries.watchFirst) : several ? words.takes.watchNumber(take.round + 1) : words.takes.watch;
  const link = h("a", { href: `/recordings/${take.take}`, target: "_blank", rel: "noopener", class: "button-link", text });
  return h("li", { "data-take": take.take }, link, h("p", { class: "quiet", text: words.takes.onlyYou }));
}

/** Keep or delete; deleting is asked once more in words. */
class StoppedTake extends HTMLElement {
  #asked = h("div", { class: "equal-buttons", role: "group", "aria-label": stopped.title });
  #sure = h("div", { class: "sure", role: "alertdialog", "aria-label": stopped.sure });
  #take;

  /** @param {string} take */
  constructor(take) {
    super();
    this.#take = take;
  }

  connectedCallback() {
    if (this.firstChild) return;
    this.#asked.append(this.#button("keep-take", stopped.keep, () => this.#decide(true)), this.#button("delete-take", stopped.remove, () => this.#ask(true)));
    const yes = this.#button("delete-take-yes", stopped.yes, () => this.#decide(false));
    const no = this.#button("delete-take-no", stopped.no, () => this.#ask(false));
    this.#sure.append(h("p", { text: stopped.sure }), h("div", { class: "equal-buttons" }, no, yes));
    show(this.#sure, false);
    this.append(h("h2", { text: stopped.title }), h("p", { class: "quiet", text: stopped.what }), this.#asked, this.#sure);
  }

  /** @param {boolean} asking */
  #ask(asking) {
    show(this.#sure, asking);
    show(this.#asked, !asking);
    (asking ? this.#sure : this.#asked).querySelector("button")?.focus();
  }

  /** @param {boolean} keep */
  #decide(keep) {
    command(this, { type: "decide_take", take: this.#take, keep });
  }

  /**
   * @param {string} id
   * @param {string} text
   * @param {() => void} click
   */
  #button(id, text, click) {
    return h("button", { type: "button", id, text, on: { click } });
  }
}

customElements.define("stopped-take", StoppedTake);
customElements.define("room-takes", RoomTakes);
