// Before coming in: whether sound and picture get through from here, in one sentence, and what to do where they do not.

import { h, setAttribute, setText, show } from "../dom.js";
import { tryOut } from "../reach.js";
import * as words from "../words.js";
import { BlockedHelp } from "./blocked_help.js";

/** @import { Reach } from "../reach.js" */

const GOOD = new Set(["fine", "detour", "unknown"]);

/** Tries it by itself and holds nothing up. */
export class ConnectionCheck extends HTMLElement {
  #words = h("p", { id: "connection-words", role: "status" });
  #without = h("p", { id: "connection-without", text: words.reach.without.before });
  #help = new BlockedHelp();
  #again = h("button", { type: "button", id: "connection-again", text: words.reach.help.again, on: { click: () => void this.#try() } });

  connectedCallback() {
    this.append(this.#words, this.#without, this.#help, this.#again);
    void this.#try();
  }

  async #try() {
    this.#show("trying", null);
    const reach = await tryOut(this.dataset["url"] ?? "");
    this.#show(reach.outcome, reach);
  }

  /** @param {Reach["outcome"] | "trying"} outcome @param {Reach | null} reach */
  #show(outcome, reach) {
    const bad = reach !== null && !GOOD.has(outcome);
    setAttribute(this, "data-outcome", outcome);
    setText(this.#words, words.reach.outcome[outcome]);
    for (const element of [this.#without, this.#help, this.#again]) show(element, bad);
    if (reach) this.#help.render({ places: outcome === "blocked" ? reach.places : [], relays: reach.relays });
  }
}

customElements.define("connection-check", ConnectionCheck);
