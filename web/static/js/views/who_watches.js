// Who may watch this recording, who has opened it, and how that ends.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";
import { ShareForm } from "./who_watches_share.js";

/** @import { Studio } from "../studio.js" */
/**
 * @typedef {object} Permission
 * @property {string} grant
 * @property {string} name
 * @property {string} called
 * @property {"watch" | "consult"} use
 * @property {"may" | "waits" | "expired" | "ended"} state
 * @property {boolean} link
 * @property {number} granted_ms
 * @property {number | null} expires_ms
 * @property {number | null} ended_ms
 * @property {number | null} opened_ms
 */
/** @typedef {{ name: string, what: string, first_ms: number, last_ms: number }} Visit */
/** @typedef {{ permissions: Permission[], openings: Visit[], colleagues: { person: string, name: string }[] }} State */

const { list } = words.watchers;

/** @extends {ViewElement<State>} */
export class WhoWatches extends ViewElement {
  /** @type {Studio | null} */
  #studio = null;
  #chip = document.getElementById("who-may-watch");
  #onlyYou = h("p", { text: list.onlyYou });
  #now = h("ul", { class: "watcher-list" });
  #share = new ShareForm();
  #earlierTitle = h("summary");
  #earlierList = h("ul", { class: "watcher-list quiet" });
  #earlier = h("details", {}, this.#earlierTitle, this.#earlierList);
  #visitsTitle = h("summary");
  #visitsList = h("ul", { class: "watcher-list quiet" });
  #visits = h("details", { id: "visits" }, this.#visitsTitle, this.#visitsList);
  #title = h("h2", { id: "who-watches-title", tabindex: "-1", text: list.title });
  #said = h("p", { class: "quiet", id: "who-watches-said", role: "status" });
  #failed = h("p", { class: "field-error", role: "alert", hidden: true, text: list.failed });

  /** @param {Studio} studio */
  connect(studio) {
    this.#studio = studio;
    this.#share.connect(studio);
    this.#share.addEventListener("given", (event) => {
      setText(this.#said, "");
      if (event instanceof CustomEvent) this.render(event.detail);
    });
    for (const name of ["permissions", "openings", "reviews", "again"]) studio.news.addEventListener(name, () => void this.#ask());
    document.addEventListener("visibilitychange", () => document.hidden || void this.#ask());
    this.#chip?.addEventListener("click", (event) => this.#show(event));
    void this.#ask();
  }

  build() {
    const parts = [this.#title, this.#onlyYou, this.#now, this.#said, this.#failed, this.#share, this.#visits, this.#earlier];
    this.append(h("section", { class: "card watchers", "aria-labelledby": "who-watches-title" }, ...parts));
  }

  /** @param {State} state */
  update({ permissions, openings, colleagues }) {
    const now = permissions.filter(({ state }) => state === "may" || state === "waits");
    const earlier = permissions.filter((permission) => !now.includes(permission));
    if (this.#chip) setText(this.#chip, words.watchers.chip.label(now.length));
    show(this.#onlyYou, now.length === 0);
    keyed(this.#now, now, ({ grant }) => grant, (permission) => this.#row(permission), drawRow);
    keyed(this.#earlierList, earlier, ({ grant }) => grant, () => h("li"), (item, { name, ended_ms, expires_ms }) => {
      setText(item, `${name}: ${list.ended(ended_ms ?? expires_ms ?? 0)}`);
    });
    setText(this.#earlierTitle, list.earlier(earlier.length));
    show(this.#earlier, earlier.length > 0);
    setText(this.#visitsTitle, openings.length ? list.visits(openings.length) : list.noVisits);
    const visits = openings.map((visit) => ({ ...visit, key: `${visit.name} ${visit.what} ${visit.first_ms}` }));
    keyed(this.#visitsList, visits, ({ key }) => key, () => h("li"), (item, { name, what, first_ms, last_ms }) => {
      setText(item, `${name} ${list.what[what] ?? ""}: ${list.when(first_ms, last_ms)}`);
    });
    show(this.#visits, openings.length > 0);
    this.#share.render({ colleagues });
  }

  /** @param {Permission} permission */
  #row({ grant, name }) {
    const stop = h("button", { type: "button", text: list.stop, "aria-label": list.stopWith(name), on: { click: () => void this.#stop(grant, name) } });
    return h("li", { class: "watcher" }, h("div", {}, h("strong", { text: name }), h("p", { class: "quiet" })), stop);
  }

  /** @param {Event} event */
  #show(event) {
    event.preventDefault();
    this.scrollIntoView({ block: "start" });
    this.#title.focus({ preventScroll: true });
  }

  async #ask() {
    const answer = await this.#studio?.ask("/permissions");
    if (answer?.ok) this.render(answer.body);
  }

  /**
   * @param {string} grant
   * @param {string} name
   */
  async #stop(grant, name) {
    const answer = await this.#studio?.ask(`/permissions/${grant}`, { method: "DELETE" });
    show(this.#failed, !answer?.ok);
    if (!answer?.ok) return;
    this.render(answer.body);
    this.#share.forget();
    setText(this.#said, list.stopped(name));
    this.#title.focus();
  }
}

/**
 * @param {HTMLElement} item
 * @param {Permission} permission
 */
function drawRow(item, { called, use, state, link, granted_ms, expires_ms, opened_ms }) {
  const said = item.querySelector("p");
  const opened = state === "waits" && link ? list.waits : opened_ms === null ? list.notOpened : list.opened(opened_ms);
  const what = list.until(list.use[use] ?? use, expires_ms);
  if (said) setText(said, [what, list.since(granted_ms), ...(called ? [list.called(called)] : []), opened].join(" · "));
  setAttribute(item, "data-state", state);
}

customElements.define("who-watches", WhoWatches);
