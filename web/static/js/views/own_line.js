// One's own connection in words, while it is not as it should be: what others notice of it, and what helps.

import { emit, h, setAttribute, setText, show } from "../dom.js";
import { nameOf } from "../reading.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { OwnConnection } from "../protocol.js" */
/** @import { RoomState } from "../pages/room_views.js" */

const { line } = words;
const RANK = { good: 0, fair: 1, poor: 2, lost: 3 };

/**
 * Emits `toggle` ("camera").
 * @extends {ViewElement<RoomState>}
 */
export class OwnLine extends ViewElement {
  #suggestedBy = "";
  /** What was hidden: comes back when it says something else. */
  #hidden = "";
  #said = "";
  #words = h("p", { id: "own-line-words", role: "status" });
  #helps = h("details", { id: "own-line-helps" }, h("summary", { text: line.helps }), h("ul", {}, ...line.remedies.map((text) => h("li", { text }))));
  #cameraOff = h("button", { type: "button", id: "own-line-camera-off", text: line.cameraOff, on: { click: () => this.#switchOff() } });
  #hide = h("button", { type: "button", class: "link", id: "own-line-hide", text: line.hide, on: { click: () => this.#dismiss() } });
  #buttons = h("div", { class: "own-line-buttons" }, this.#cameraOff, this.#hide);

  build() {
    this.append(this.#words, this.#helps, this.#buttons);
  }

  /** Somebody who leads suggests to switch the camera off. @param {string} seat */
  suggest(seat) {
    this.#suggestedBy = seat;
    this.#hidden = "";
  }

  /** @param {RoomState} state */
  update({ view, lines: { yours }, own, situation }) {
    if (own.camera !== "on") this.#suggestedBy = "";
    const suggested = this.#suggestedBy === "" ? "" : line.suggested(nameOf(view, this.#suggestedBy));
    const poor = Math.max(RANK[yours.up], RANK[yours.down]) > RANK.fair;
    this.#said = situation === "ended" ? "" : suggested || wordsOf(yours);
    const visible = this.#said !== "" && this.#said !== this.#hidden;
    if (this.#said === "") this.#hidden = "";
    setText(this.#words, visible ? this.#said : "");
    setAttribute(this, "data-quiet", !suggested && yours.up === "good" && yours.down === "good");
    show(this.#helps, poor && suggested === "");
    show(this.#cameraOff, own.camera === "on" && (suggested !== "" || (poor && yours.up !== "good")));
    show(this, visible);
  }

  #switchOff() {
    emit(this, "toggle", "camera");
  }

  #dismiss() {
    this.#suggestedBy = "";
    this.#hidden = this.#said;
    show(this, false);
  }
}

/** One sentence, the gravest. @param {OwnConnection} yours */
function wordsOf({ up, down, pictures, device }) {
  const worst = RANK[up] > RANK[down] ? up : down;
  if (worst === "fair" || worst === "poor") {
    const way = RANK[up] > RANK[down] ? line.up : RANK[down] > RANK[up] ? line.down : line.both;
    return worst === "poor" && pictures === "reduced" ? `${way.poor} ${line.reduced}` : way[worst];
  }
  if (worst === "lost") return ""; // the page itself says that it is being restored
  if (device === "slow") return line.slow;
  return pictures === "reduced" ? line.reduced : pictures === "server_busy" ? line.busy : "";
}

customElements.define("own-line", OwnLine);
