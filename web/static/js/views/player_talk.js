// Who talks when, as thin rows below the time line: a picture only, for the card about it says the same in words.

import { h, keyed, setAttribute, show } from "../dom.js";

/** @import { TalkData, TalkPerson } from "./talk.js" */

const MOST_ROWS = 6;

export class PlayerTalk {
  node = h("div", { class: "line-talk", "aria-hidden": "true", hidden: true });
  /** @type {string | null} */
  #asked = null;

  /**
   * Asks once about each film.
   * @param {string | null} address null: not to be seen
   * @param {string} film
   */
  show(address, film) {
    if (address === null) return show(this.node, false);
    if (film === this.#asked) return;
    this.#asked = film;
    void this.#load(address, film);
  }

  /**
   * @param {string} address
   * @param {string} film
   */
  async #load(address, film) {
    const response = await fetch(address, { headers: { accept: "application/json" } }).catch(() => null);
    /** @type {TalkData | null} */
    const talk = response?.ok ? await response.json().catch(() => null) : null;
    if (film !== this.#asked) return;
    this.#draw(rowsOf(talk?.people ?? []), Math.max(1, talk?.duration_ms ?? 1));
  }

  /**
   * @param {{ key: string, name: string, teacher: boolean, segments: [number, number][] }[]} rows
   * @param {number} durationMs
   */
  #draw(rows, durationMs) {
    keyed(this.node, rows, ({ key }) => key, () => h("div", { class: "line-talk-row" }), (row, { name, teacher, segments }) => {
      setAttribute(row, "title", name);
      setAttribute(row, "data-teacher", teacher);
      keyed(row, segments, ([start, end]) => `${start}-${end}`, () => h("span"), (bar, [start, end]) => {
        bar.style.setProperty("--at", String(start / durationMs));
        bar.style.setProperty("--length", String((end - start) / durationMs));
      });
    });
    show(this.node, rows.length > 0);
  }
}

/** Many people share the last row. @param {TalkPerson[]} people */
function rowsOf(people) {
  const heard = people.filter(({ segments }) => segments.length > 0);
  const rows = heard.map(({ peer, name, teacher, segments }) => ({ key: peer, name, teacher, segments }));
  if (rows.length <= MOST_ROWS) return rows;
  const rest = rows.splice(MOST_ROWS - 1);
  const together = { key: "rest", name: rest.map(({ name }) => name).join(", "), teacher: false, segments: rest.flatMap(({ segments }) => segments) };
  return [...rows, together];
}
