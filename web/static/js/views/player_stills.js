// The pictures of a recording as a strip to begin from. They come when the strip is unfolded; on a phone that is when somebody asks.

import { h, keyed, setAttribute, show } from "../dom.js";
import * as words from "../words.js";

/** @typedef {{ at_ms: number, width: number, height: number, jpeg_base64: string }} Still */

const WIDE = matchMedia("(min-width: 64rem)");
const { line } = words.player;

export class PlayerStills {
  #seek;
  #list = h("ol", { class: "strip-stills" });
  node = h("details", { class: "player-stills", id: "player-stills", hidden: true, open: WIDE.matches }, h("summary", { text: line.stills }), this.#list);
  /** @type {string | null} */
  #address = null;
  /** @type {string | null} */
  #asked = null;

  /** @param {(atMs: number) => void} seek */
  constructor(seek) {
    this.#seek = seek;
    this.node.addEventListener("toggle", () => this.#look());
  }

  /** @param {string | null} address */
  show(address) {
    this.#address = address;
    show(this.node, address !== null);
    this.#look();
  }

  /** Which picture is the last before this place. @param {number} atMs */
  move(atMs) {
    const items = [...this.#list.children];
    const here = items.filter((item) => Number(/** @type {HTMLElement} */ (item).dataset["at"]) <= atMs).length - 1;
    items.forEach((item, number) => setAttribute(item, "data-here", number === here));
  }

  #look() {
    const address = this.#address;
    if (!this.node.open || address === null || address === this.#asked) return;
    this.#asked = address;
    void this.#load(address);
  }

  /** @param {string} address */
  async #load(address) {
    const response = await fetch(address).catch(() => null);
    /** @type {{ stills: Still[] } | null} */
    const found = response?.ok ? await response.json().catch(() => null) : null;
    if (address !== this.#asked) return;
    if (found === null) this.#asked = null;
    keyed(this.#list, found?.stills ?? [], ({ at_ms }) => `${address} ${at_ms}`, (still) => this.#item(still), () => {});
  }

  /** @param {Still} still */
  #item({ at_ms, width, height, jpeg_base64 }) {
    const picture = h("img", { src: `data:image/jpeg;base64,${jpeg_base64}`, alt: "", width, height, loading: "lazy" });
    const time = h("span", { class: "moment-time", text: words.position(at_ms) });
    const button = h("button", { type: "button", "aria-label": line.still(at_ms), on: { click: () => this.#seek(at_ms) } }, picture, time);
    return h("li", { "data-at": at_ms }, button);
  }
}
