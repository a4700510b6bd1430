// A window of this computer that everybody sees: chosen in the browser's own dialog, ended in its own bar or by the session.

/** @import { View } from "../protocol.js" */
/** @import { Media } from "../media.js" */

const PICTURE = { frameRate: { ideal: 15, max: 30 }, width: { max: 1920 }, height: { max: 1080 } };
/** The sound of a tab, and never that of the whole computer or of this page: colleagues' voices would come back to them, and into a recording. */
const WANTED = { video: PICTURE, audio: true, systemAudio: "exclude", windowAudio: "exclude", selfBrowserSurface: "exclude" };

/** Phones have none, or say that they do and then refuse. */
export const canShare = "mediaDevices" in navigator && "getDisplayMedia" in navigator.mediaDevices && !matchMedia("(pointer: coarse) and (hover: none)").matches;

/** Events: `share` (boolean: on), `failed`. */
export class OwnScreen extends EventTarget {
  /** @type {{ name: "off" } | { name: "asking" } | { name: "on", stream: MediaStream, shown: boolean }} */
  #state = { name: "off" };
  #media;

  /** @param {Media} media */
  constructor(media) {
    super();
    this.#media = media;
  }

  /** Has to be called from a click. */
  async start() {
    if (this.#state.name !== "off") return;
    this.#state = { name: "asking" };
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia(WANTED);
      for (const track of stream.getVideoTracks()) track.addEventListener("ended", () => this.stop(), { once: true });
      this.#state = { name: "on", stream, shown: false };
      this.#media.shareScreen(stream);
      this.#say("share", true);
    } catch (error) {
      this.#state = { name: "off" };
      if (!(error instanceof DOMException && error.name === "NotAllowedError")) this.#say("failed");
    }
  }

  stop() {
    if (this.#end()) this.#say("share", false);
  }

  /** The session may have ended it: the round is over. @param {View} view */
  follow(view) {
    if (this.#state.name !== "on") return;
    if (view.screen === view.you.seat) this.#state.shown = true;
    else if (this.#state.shown) this.#end();
  }

  /** The session has refused it. */
  refused() {
    this.#end();
  }

  #end() {
    if (this.#state.name !== "on") return false;
    for (const track of this.#state.stream.getTracks()) track.stop();
    this.#state = { name: "off" };
    this.#media.shareScreen(null);
    return true;
  }

  /**
   * @param {string} type
   * @param {unknown} [detail]
   */
  #say(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
