// What is said beside the session itself: connection, small errors, another window, and aloud for those who do not look.

import { emit, h, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @typedef {{ connection: string, replaced: boolean, soundBlocked: boolean, announcement: string }} State */

const TOAST_MS = 6_000;

/**
 * Emits `take-over` and `hear`.
 * @extends {ViewElement<State>}
 */
export class RoomNotices extends ViewElement {
  #toastTimer = 0;
  #connection = h("p", { class: "banner", id: "connection-state", role: "status" });
  #toast = h("p", { class: "toast", id: "toast", role: "status" });
  #aloud = h("p", { class: "visually-hidden", id: "announcement", role: "status" });
  #hear = h("button", { type: "button", class: "hear", id: "hear", text: words.devices.hear, on: { click: () => emit(this, "hear") } });
  #useHere = h("button", { type: "button", class: "primary", id: "use-here", text: words.connection.useHere, on: { click: () => emit(this, "take-over") } });
  #replaced = h(
    "dialog",
    { class: "replaced", id: "replaced", "aria-labelledby": "replaced-title", on: { cancel: (/** @type {Event} */ event) => event.preventDefault() } },
    h("h2", { id: "replaced-title", text: words.connection.replacedTitle }),
    h("p", { text: words.connection.replaced }),
    this.#useHere,
  );

  build() {
    this.append(this.#connection, this.#hear, this.#toast, this.#aloud, this.#replaced);
  }

  /** @param {State} state */
  update({ connection, replaced, soundBlocked, announcement }) {
    setText(this.#connection, connection);
    setText(this.#aloud, announcement);
    show(this.#hear, soundBlocked);
    if (replaced && !this.#replaced.open) this.#replaced.showModal();
    if (!replaced && this.#replaced.open) this.#replaced.close();
  }

  /** @param {string} text */
  toast(text) {
    clearTimeout(this.#toastTimer);
    setText(this.#toast, text);
    this.#toastTimer = setTimeout(() => setText(this.#toast, ""), TOAST_MS);
  }
}

customElements.define("room-notices", RoomNotices);
