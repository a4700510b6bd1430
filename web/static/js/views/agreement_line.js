// Where teacher, colleagues and consultant point at the same place: one time line with a row for each, and the places in words.

import { emit, h, keyed, setText, show } from "../dom.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */
/** @typedef {"teacher" | "colleagues" | "consultant"} Row */
/** @typedef {{ key: string, row: Row, at_ms: number, end_ms: number | null, name: string, kind: string, text: string, you: boolean }} Point */
/** @typedef {{ at_ms: number, end_ms: number, rows: Row[], joined: boolean, points: Point[] }} Place */
/** @typedef {{ places: Place[], durationMs: number }} State */

const { agreement } = words.reviews;
/** @type {Row[]} */
const ROWS = ["teacher", "colleagues", "consultant"];

/** Emits `jump` (at_ms). @extends {ViewElement<State>} */
export class AgreementLine extends ViewElement {
  /** @type {Studio | null} */
  #studio = null;
  #rows = new Map(ROWS.map((row) => [row, h("div", { class: "agreement-dots" })]));
  #bands = h("div", { class: "agreement-bands" });
  #joined = h("ol", { class: "agreement-places", id: "agreement-joined" });
  #none = h("p", { class: "quiet", text: agreement.none });
  #aloneTitle = h("summary");
  #alone = h("ol", { class: "agreement-places" });
  #aloneDetails = h("details", { id: "agreement-alone" }, this.#aloneTitle, this.#alone);
  /** @type {Place[]} */
  #places = [];

  /** @param {Studio} studio */
  connect(studio) {
    this.#studio = studio;
    for (const name of ["notes", "reviews", "again"]) studio.news.addEventListener(name, () => void this.#look());
    studio.addEventListener("data", () => this.#show());
    if (studio.use !== "watch") void this.#look();
  }

  build() {
    const lines = ROWS.map((row) => h("div", { class: "agreement-row" }, h("span", { text: agreement.rows[row] ?? row }), this.#rows.get(row)));
    const picture = h("div", { class: "agreement-picture", "aria-hidden": "true" }, this.#bands, ...lines);
    this.append(
      h(
        "section",
        { class: "card agreement", "aria-labelledby": "agreement-title" },
        h("h2", { id: "agreement-title", text: agreement.title }),
        h("p", { class: "quiet", text: agreement.lead }),
        picture,
        this.#joined,
        this.#none,
        this.#aloneDetails,
      ),
    );
  }

  /** @param {State} state */
  update({ places, durationMs }) {
    const share = (/** @type {number} */ ms) => String(durationMs > 0 ? Math.min(1, ms / durationMs) : 0);
    const points = places.flatMap((place) => place.points);
    for (const [row, dots] of this.#rows) {
      const own = points.filter((point) => point.row === row);
      keyed(dots, own, ({ key }) => key, ({ at_ms }) => h("span", { class: `agreement-dot ${row}`, on: { click: () => emit(this, "jump", at_ms) } }), (dot, { at_ms }) => {
        dot.style.setProperty("--at", share(at_ms));
      });
    }
    const joined = places.filter((place) => place.joined);
    const alone = places.filter((place) => !place.joined);
    keyed(this.#bands, joined, placeKey, () => h("span", { class: "agreement-band" }), (band, { at_ms, end_ms }) => {
      band.style.setProperty("--at", share(at_ms));
      band.style.setProperty("--length", share(end_ms - at_ms));
    });
    keyed(this.#joined, joined, placeKey, () => this.#item(), (item, place) => drawPlace(item, place));
    keyed(this.#alone, alone, placeKey, () => this.#item(), (item, place) => drawPlace(item, place));
    show(this.#none, joined.length === 0);
    setText(this.#aloneTitle, agreement.alone(alone.length));
    show(this.#aloneDetails, alone.length > 0);
  }

  #item() {
    const jump = () => emit(this, "jump", Number(item.dataset["at"]));
    const button = h("button", { type: "button", class: "link", on: { click: jump } });
    const item = h("li", {}, button, h("ul", { class: "quiet" }));
    return item;
  }

  async #look() {
    const answer = await this.#studio?.ask("/agreement");
    if (answer?.ok) this.#places = answer.body.places;
    this.#show();
  }

  #show() {
    const rows = new Set(this.#places.flatMap((place) => place.rows));
    const data = this.#studio?.data;
    const shown = rows.size > 1 && data?.state === "ready";
    show(this, shown);
    if (shown) this.render({ places: this.#places, durationMs: data.duration_ms });
  }
}

/** @param {Place} place */
function placeKey({ points }) {
  return points.map(({ key }) => key).join(" ");
}

/**
 * @param {HTMLElement} item
 * @param {Place} place
 */
function drawPlace(item, { at_ms, end_ms, points }) {
  item.dataset["at"] = String(at_ms);
  const [button, list] = item.children;
  const withYou = points.some(({ you }) => you);
  const byRow = ROWS.flatMap((row) => points.filter((point) => point.row === row));
  const names = new Set(byRow.map(({ you, name }) => (you ? agreement.you : name)));
  const people = withYou ? [agreement.you, ...[...names].filter((name) => name !== agreement.you)] : [...names];
  const span = agreement.span(words.position(at_ms), words.position(end_ms));
  if (button) setText(button, `${span} · ${agreement.joined(words.names(people), people.length, withYou)}`);
  if (list) {
    keyed(list, points, ({ key }) => key, () => h("li"), (line, { you, name, kind, text }) => {
      setText(line, `${you ? agreement.you : name} (${agreement.kinds[kind] ?? kind})${text && `: ${text}`}`);
    });
  }
}

customElements.define("agreement-line", AgreementLine);
