// Faces, hands and time in a small window that stays on top of the window that is shared, where the browser has such windows.

import { h, keyed, setAttribute, setText } from "../dom.js";
import { nameOf, placesOf } from "../reading.js";
import * as words from "../words.js";

/** @import { RoomState } from "../pages/room_views.js" */
/** @typedef {{ requestWindow: (options: { width: number, height: number }) => Promise<Window> }} Opener */

const SIZE = { width: 320, height: 420 };
const SHEETS = ["/static/css/tokens.css", "/static/css/base.css", "/static/css/faces.css"];

export const canFloat = "documentPictureInPicture" in window;

export class SmallWindow {
  /** @type {Window | null} */
  #window = null;
  #time = h("p", { class: "small-time" });
  #faces = h("ul", { class: "small-faces" });

  /** Has to be called from a click. */
  async open() {
    if (this.#window !== null || !canFloat) return;
    const opener = /** @type {Opener} */ (Reflect.get(window, "documentPictureInPicture"));
    const opened = await opener.requestWindow(SIZE).catch(() => null);
    if (opened === null) return;
    this.#window = opened;
    const { document: page } = opened;
    page.title = words.teaching.slides.smallTitle;
    page.documentElement.lang = document.documentElement.lang;
    for (const href of SHEETS) page.head.append(h("link", { rel: "stylesheet", href: new URL(href, location.href).href }));
    page.body.className = "small-window";
    page.body.append(this.#time, this.#faces);
    opened.addEventListener("pagehide", () => (this.#window = null), { once: true });
  }

  close() {
    this.#window?.close();
    this.#window = null;
  }

  /** @param {RoomState} state */
  render({ view, now, streams }) {
    if (this.#window === null) return;
    if (view.screen !== view.you.seat) return this.close();
    const endsMs = view.phase.ends_ms;
    setText(this.#time, endsMs === null ? "" : words.timeLeft(endsMs - now));
    const seats = [...placesOf(view).large, ...placesOf(view).small].filter((seat) => seat !== view.you.seat);
    keyed(this.#faces, seats, (seat) => seat, () => smallFace(), (item, seat) => {
      const [video, label] = item.children;
      const raised = view.people.some((person) => person.seat === seat && person.hand_ms !== null);
      setAttribute(item, "data-hand", raised);
      if (label) setText(label, `${raised ? "✋ " : ""}${nameOf(view, seat)}`);
      const stream = streams.get(seat) ?? null;
      if (video instanceof HTMLVideoElement && video.srcObject !== stream) video.srcObject = stream;
    });
  }
}

function smallFace() {
  const video = h("video", { autoplay: true, playsinline: true, class: "small-picture" });
  video.muted = true;
  return h("li", {}, video, h("span"));
}
