// Who spoke when: a row for each person under the film, the same as a table, and figures in words with how they are counted.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { TalkFigures } from "./talk_figures.js";
import { TalkRow } from "./talk_row.js";
import { TalkTables } from "./talk_tables.js";
import { ViewElement } from "./view.js";

/** @import { FilmData } from "./film.js" */
/** @typedef {[number, number]} Segment begin and end in ms of the film */
/**
 * @typedef {object} TalkPerson
 * @property {string} peer
 * @property {string} name
 * @property {boolean} teacher
 * @property {Segment[]} segments
 * @property {number} seconds
 * @property {number | null} share
 * @property {number} turns
 * @property {number | null} mean_turn_s
 * @property {number | null} longest_turn_s
 * @property {number | null} long_turns
 */
/**
 * @typedef {object} TalkData the answer of the recording's talk address
 * @property {string} version
 * @property {number} duration_ms
 * @property {"header" | "decoded"} source
 * @property {TalkPerson[]} people
 * @property {string[]} not_measured
 * @property {Record<string, number | null>} figures
 * @property {Segment | null} longest_stretch
 * @property {{ colleagues: number, silent: number, gini: number | null }} distribution
 * @property {{ phases: { title: string, seconds: number }[], turns: { peer: string, name: string, seconds: number }[] }} round
 */

const { card } = words.talk;

/**
 * Asks the server when it is unfolded, and anew when the film is another one. Emits `jump` (at_ms).
 * @extends {ViewElement<FilmData>}
 */
export class RecordingTalk extends ViewElement {
  #said = h("p", { role: "status", id: "talk-state" });
  #rows = h("div", { class: "talk-rows" });
  #picture = h("p", { class: "quiet", text: card.picture });
  #notMeasured = h("p", { class: "quiet" });
  #tables = new TalkTables();
  #figures = new TalkFigures();
  #inside = h("div", { class: "talk-inside", hidden: true }, this.#rows, this.#picture, this.#notMeasured, this.#figures, this.#tables);
  #card = h("details", { class: "card", id: "who-spoke" }, h("summary", { text: card.title }), h("p", { class: "quiet", text: card.intro }));
  /** @type {string | null} the film that is shown, and the one that was asked about */
  #film = null;
  /** @type {string | null} */
  #asked = null;

  build() {
    this.#card.append(this.#said, this.#inside);
    this.#card.addEventListener("toggle", () => this.#look());
    this.append(this.#card);
  }

  /** @param {FilmData} data */
  update({ film }) {
    this.#film = film;
    this.#look();
  }

  /** Where the film is now. @param {number} ms */
  set atMs(ms) {
    this.#rows.style.setProperty("--now", String(ms));
  }

  #look() {
    if (this.#card.open && this.#film !== null && this.#film !== this.#asked) void this.#ask(this.#film);
  }

  /** @param {string} film */
  async #ask(film) {
    this.#asked = film;
    if (this.#inside.hidden) setText(this.#said, card.loading);
    const response = await fetch(this.dataset["url"] ?? "", { headers: { accept: "application/json" } }).catch(() => null);
    /** @type {TalkData | null} */
    const talk = response?.ok ? await response.json().catch(() => null) : null;
    if (film !== this.#asked) return;
    const told = talk !== null && talk.people.length > 0;
    if (told) this.#draw(talk);
    else if (talk === null && response?.status !== 404) this.#asked = null;
    setText(this.#said, told ? "" : talk || response?.status === 404 ? card.missing : card.unreachable);
    show(this.#inside, told);
  }

  /** @param {TalkData} talk */
  #draw(talk) {
    this.#rows.style.setProperty("--duration", String(Math.max(1, talk.duration_ms)));
    keyed(this.#rows, talk.people, ({ peer }) => peer, () => new TalkRow(), (row, person) => row.render({ person, durationMs: talk.duration_ms }));
    show(this.#picture, talk.people.some(({ segments }) => segments.length > 0));
    setText(this.#notMeasured, talk.not_measured.length ? card.notMeasured(talk.not_measured) : "");
    show(this.#notMeasured, talk.not_measured.length > 0);
    this.#figures.render(talk);
    this.#tables.render(talk.people);
    setAttribute(this, "data-version", talk.version);
  }
}

customElements.define("recording-talk", RecordingTalk);
