// What the teacher takes out of a recording, and what has changed in it while its page was open.

import { emit, h, keyed, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { FilmData } from "./film.js" */
/** @typedef {FilmData["taken_out"]} TakenOut */

const PARTS = /** @type {const} */ (["picture", "screen"]);
const { news, parts } = words.changes;

/**
 * The forms that the server has written, for what is in this recording; they are sent without leaving the page. Emits `changed`.
 * @extends {ViewElement<FilmData>}
 */
export class RecordingChanges extends ViewElement {
  #said = new Map(PARTS.map((part) => [part, h("p", { role: "status", id: `${part}-state` })]));
  #failed = h("p", { class: "field-error", role: "alert", hidden: true, text: words.connection.failed });

  build() {
    for (const [part, said] of this.#said) this.#partOf(part)?.append(said);
    this.append(this.#failed);
    this.addEventListener("submit", (event) => void this.#submit(event));
  }

  /** @param {FilmData} data */
  update({ taken_out }) {
    for (const [part, said] of this.#said) {
      const state = taken_out[part];
      const box = this.#partOf(part);
      const form = box?.querySelector("details");
      if (box) show(box, state !== "never");
      if (form) show(form, state === "in");
      setText(said, state === "leaving" || state === "out" ? parts[part][state] : "");
    }
  }

  /** @param {typeof PARTS[number]} part @returns {HTMLElement | null} */
  #partOf(part) {
    return this.querySelector(`[data-part="${part}"]`);
  }

  /** Whoever deletes is led away from here by the form itself. @param {SubmitEvent} event */
  async #submit(event) {
    const form = event.target;
    if (!(form instanceof HTMLFormElement) || form.closest("[data-part]") === null) return;
    event.preventDefault();
    const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams([...new FormData(form)].map(pair)), redirect: "manual" }).catch(() => null);
    show(this.#failed, answer?.type !== "opaqueredirect");
    emit(this, "changed");
  }
}

/**
 * One line for each thing that was taken out since the page was opened, and while the sound is not there yet.
 * @extends {ViewElement<FilmData>}
 */
export class RecordingNews extends ViewElement {
  /** @type {TakenOut | null} */
  #first = null;
  #list = h("ul", { class: "news-list" });

  build() {
    this.setAttribute("role", "status");
    this.append(this.#list);
  }

  /** @param {FilmData} data */
  update({ taken_out, silent }) {
    this.#first ??= taken_out;
    const lines = [...changesSince(this.#first, taken_out), ...(silent ? [{ key: "mixing", text: news.silent }] : [])];
    keyed(this.#list, lines, ({ key }) => key, ({ key }) => h("li", { id: `news-${key}` }), (item, { text }) => setText(item, text));
    show(this, lines.length > 0);
  }
}

/**
 * @param {TakenOut} before
 * @param {TakenOut} now
 */
function changesSince(before, now) {
  const voices = now.voices - before.voices;
  const gone = PARTS.filter((part) => now[part] === "out" && before[part] !== "out");
  return [...(voices > 0 ? [{ key: "voices", text: news.voices(voices) }] : []), ...gone.map((part) => ({ key: part, text: news[part] }))];
}

/** @param {[string, FormDataEntryValue]} entry */
function pair([name, value]) {
  return [name, String(value)];
}

customElements.define("recording-changes", RecordingChanges);
customElements.define("recording-news", RecordingNews);
