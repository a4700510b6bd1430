// Notices when sound and picture do not get through although the server is reached, and says so with what can be done.

import { byId } from "../dom.js";
import { placesIn } from "../reach.js";
import { MediaBlocked } from "../views/media_blocked.js";

/** @import { Media } from "../media.js" */
/** @import { Signaling } from "../signaling.js" */

/** One whole attempt in vain; shorter troubles mend themselves. */
const IN_VAIN_MS = 12_000;

/** Event: `change` when `blocked` is another one. */
export class RoomReach extends EventTarget {
  blocked = false;
  #timer = 0;
  #element = byId("blocked", MediaBlocked);
  /** What the last connection was told about where media goes. @type {import("../reach.js").Place[]} */
  #places = [];
  #media;
  #signaling;

  /** @param {Media} media @param {Signaling} signaling */
  constructor(media, signaling) {
    super();
    this.#media = media;
    this.#signaling = signaling;
    media.addEventListener("condition", () => this.#look());
    signaling.addEventListener("condition", () => this.#look());
  }

  #look() {
    const trouble = this.#media.condition === "connecting" || this.#media.condition === "restoring";
    if (!trouble || this.#signaling.condition !== "open") {
      clearTimeout(this.#timer);
      this.#timer = 0;
      if (!trouble) this.#set(false);
    } else if (this.#timer === 0) {
      this.#timer = setTimeout(() => this.#set(true), IN_VAIN_MS);
    }
  }

  /** @param {boolean} blocked */
  #set(blocked) {
    const { connections, relay } = this.#media;
    const told = connections?.publisher.remoteDescription ?? connections?.subscriber.remoteDescription;
    if (told) this.#places = placesIn(told.sdp);
    this.#element.render({ blocked, refused: relay.refused, places: this.#places, relays: relay.urls });
    if (this.blocked === blocked) return;
    this.blocked = blocked;
    this.dispatchEvent(new CustomEvent("change"));
  }
}
