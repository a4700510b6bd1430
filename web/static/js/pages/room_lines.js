// How everybody's connection is, as the server says; and what this page notices of its own, for the server.

import { LineWatch } from "../quality.js";

/** @import { Media } from "../media.js" */
/** @import { Connections, ToPage } from "../protocol.js" */
/** @import { Signaling } from "../signaling.js" */

/** @type {Connections} */
const ALL_GOOD = { type: "connections", badges: {}, yours: { up: "good", down: "good", pictures: "whole", device: "fine" }, ways: {}, weak: [] };

/** Events: `change`, and `camera-off-suggested` (seat of who suggests it). */
export class RoomLines extends EventTarget {
  /** @type {Connections} */
  now = ALL_GOOD;

  /**
   * @param {Media} media
   * @param {Signaling} signaling
   */
  constructor(media, signaling) {
    super();
    new LineWatch(media, (message) => signaling.send(message));
    signaling.addEventListener("condition", () => {
      if (signaling.condition === "open") this.#set(ALL_GOOD);
    });
    signaling.addEventListener("message", (event) => {
      if (event instanceof CustomEvent) this.#take(event.detail);
    });
  }

  /** @param {ToPage} message */
  #take(message) {
    if (message.type === "connections") this.#set(message);
    if (message.type === "camera_off_suggested") this.dispatchEvent(new CustomEvent("camera-off-suggested", { detail: message.seat }));
  }

  /** @param {Connections} now */
  #set(now) {
    this.now = now;
    this.dispatchEvent(new CustomEvent("change"));
  }
}
