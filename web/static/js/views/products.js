// The film to download: asked for, being made, there. What state it is in the server says; here it is drawn and asked for.

import { emit, h, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { FilmData } from "./film.js" */

const { film } = words.products;
const REASONS = /** @type {Record<string, string>} */ ({ disk: film.disk, damaged: film.damaged });

/**
 * Emits `changed` when the recording's data are to be asked for again.
 * @extends {ViewElement<FilmData>}
 */
export class RecordingProducts extends ViewElement {
  #asking = false;
  #make = h("button", { type: "button", id: "make-film", on: { click: () => void this.#ask("POST") } });
  #cancel = h("button", { type: "button", id: "cancel-film", text: film.cancel, on: { click: () => void this.#ask("DELETE") } });
  #link = h("a", { id: "film-link", class: "button-link", download: true });
  #bar = h("progress", { id: "film-progress", max: 1, "aria-label": film.progress });
  #percent = h("span", { class: "film-percent", "aria-hidden": "true" });
  #making = h("div", { class: "film-making" }, this.#bar, this.#percent, this.#cancel);
  #said = h("p", { id: "film-said", role: "status" });
  #unanswered = h("p", { class: "field-error", role: "alert", hidden: true, text: film.unanswered });

  build() {
    const what = this.closest("[data-alone]") === null ? `${film.what} ${film.colleagues}` : film.what;
    const act = h("div", { class: "film-act" }, this.#make, this.#making, this.#link);
    this.append(h("section", { class: "card" }, h("h2", { text: film.title }), h("p", { text: what }), act, this.#said, this.#unanswered));
  }

  /** @param {FilmData} data */
  update({ products }) {
    const { state, progress, size_bytes, url, error } = products.film;
    const making = state === "queued" || state === "running";
    const focused = this.contains(document.activeElement);
    setText(this.#make, state === "failed" ? film.again : film.make);
    setText(this.#link, film.download(size_bytes));
    setAttribute(this.#link, "href", url);
    setAttribute(this.#bar, "value", state === "running" ? progress : null);
    setText(this.#percent, state === "running" ? film.percent(progress) : "");
    setText(this.#said, state === "failed" ? (REASONS[error] ?? film.failed) : film[state]);
    show(this.#make, state === "none" || state === "failed");
    show(this.#making, making);
    show(this.#link, state === "done");
    if (focused) this.#keepFocus();
  }

  /** What had the focus may just have been hidden. */
  #keepFocus() {
    if (document.activeElement?.checkVisibility() && this.contains(document.activeElement)) return;
    [this.#make, this.#cancel, this.#link].find((control) => control.checkVisibility())?.focus();
  }

  /** @param {"POST" | "DELETE"} method */
  async #ask(method) {
    if (this.#asking) return;
    this.#asking = true;
    for (const button of [this.#make, this.#cancel]) setAttribute(button, "aria-disabled", "true");
    const answer = await fetch(this.dataset["url"] ?? "", { method, headers: { accept: "application/json" } }).catch(() => null);
    this.#asking = false;
    for (const button of [this.#make, this.#cancel]) setAttribute(button, "aria-disabled", null);
    show(this.#unanswered, !answer?.ok);
    emit(this, "changed");
  }
}

customElements.define("recording-products", RecordingProducts);
