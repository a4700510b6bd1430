// What a person can do whose network lets no sound and picture through, with a text for those who look after that network.

import { h, show } from "../dom.js";
import * as words from "../words.js";
import { CopyText } from "./copy_text.js";
import { ViewElement } from "./view.js";

/** @import { Place } from "../reach.js" */
/** @typedef {{ host: string, port: number, protocol: "udp" | "tcp", secure: boolean }} RelayPlace */
/** @typedef {{ places: readonly Place[], relays: readonly string[] }} State */

const RELAY = /^(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?$/;
const { help } = words.reach;

/** @extends {ViewElement<State>} */
export class BlockedHelp extends ViewElement {
  #copy = new CopyText();
  #send = h("li", { text: help.send });

  build() {
    this.append(h("details", {}, h("summary", { text: help.summary }),
      h("ul", {}, h("li", { text: help.network }), h("li", { text: help.vpn }), this.#send), this.#copy));
  }

  /** @param {State} state */
  update({ places, relays }) {
    for (const element of [this.#send, this.#copy]) show(element, places.length > 0);
    this.#copy.render({ label: help.copy, text: textForIt(places, relays), visible: true });
  }
}

/** @param {readonly Place[]} places @param {readonly string[]} relays */
function textForIt(places, relays) {
  const direct = places.map(({ address, port }) => words.reach.directLine(address, port));
  return words.reach.forIt(location.origin, direct, relays.flatMap(placeOf).map(words.reach.relayLine));
}

/** @param {string} url @returns {RelayPlace[]} */
function placeOf(url) {
  const found = RELAY.exec(url);
  if (!found) return [];
  const [, scheme, host = "", port, transport] = found;
  const secure = scheme === "turns";
  const protocol = transport === "tcp" || secure ? "tcp" : "udp";
  return [{ host, port: Number(port ?? (secure ? 5349 : 3478)), protocol, secure }];
}

customElements.define("blocked-help", BlockedHelp);
