// In the room: sound and picture do not get through from here, everything else does, and this can be done.

import { h, setText, show } from "../dom.js";
import * as words from "../words.js";
import { BlockedHelp } from "./blocked_help.js";
import { ViewElement } from "./view.js";

/** @import { Place } from "../reach.js" */
/** @typedef {{ blocked: boolean, refused: boolean, places: readonly Place[], relays: readonly string[] }} State */

/** @extends {ViewElement<State>} */
export class MediaBlocked extends ViewElement {
  #words = h("p", { id: "blocked-words", role: "status" });
  #without = h("p", { text: words.reach.without.inside });
  #help = new BlockedHelp();

  build() {
    this.append(this.#words, this.#without, this.#help);
  }

  /** @param {State} state */
  update({ blocked, refused, places, relays }) {
    show(this, blocked);
    setText(this.#words, blocked ? (refused ? words.reach.outcome.refused : words.reach.room.blocked) : "");
    this.#help.render({ places, relays });
  }
}

customElements.define("media-blocked", MediaBlocked);
