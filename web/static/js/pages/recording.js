// The recording of one lesson: asks how far it is until it is ready, then shows it.

import { byId, setAttribute, show } from "../dom.js";
import { RecordingFilm, RecordingNotes } from "../views/film.js";

/** @import { FilmData } from "../views/film.js" */

const POLL_MS = 500;
const RETRY_MS = { least: 500, most: 5_000 };

class RecordingPage {
  #root = byId("recording", HTMLElement);
  #film = byId("film", RecordingFilm);
  #notes = byId("notes", RecordingNotes);
  /** @type {{ data: FilmData | null, reachable: boolean }} */
  #state = { data: null, reachable: true };
  #failures = 0;
  #losses = 0;

  constructor() {
    this.#root.addEventListener("jump", (event) => {
      if (event instanceof CustomEvent) this.#film.jump(event.detail);
    });
    this.#film.addEventListener("film-lost", () => this.#askAgainLater(++this.#losses));
    this.#film.addEventListener("loadeddata", () => (this.#losses = 0), true);
    void this.#ask();
  }

  async #ask() {
    try {
      const response = await fetch(this.#root.dataset["url"] ?? "", { cache: "no-store", headers: { accept: "application/json" } });
      if (!response.ok) throw new Error(`status ${response.status}`);
      this.#failures = 0;
      this.#state = { data: await response.json(), reachable: true };
    } catch {
      this.#failures += 1;
      this.#state = { ...this.#state, reachable: this.#failures < 3 };
    }
    this.#draw();
    if (this.#failures) this.#askAgainLater(this.#failures);
    else if (this.#state.data?.state === "recording") setTimeout(() => void this.#ask(), POLL_MS);
  }

  /** @param {number} failures */
  #askAgainLater(failures) {
    const pause = Math.min(RETRY_MS.most, RETRY_MS.least * 2 ** (failures - 1));
    setTimeout(() => void this.#ask(), pause);
  }

  #draw() {
    const { data } = this.#state;
    this.#film.render(this.#state);
    const ready = data?.state === "ready";
    const noted = ready && this.#root.dataset["alone"] === undefined;
    show(this.#notes, noted);
    if (noted) this.#notes.render(data);
    setAttribute(this.#root, "aria-busy", String(data === null || data.state === "recording"));
    setAttribute(this.#root, "data-state", data?.state ?? "loading");
  }
}

new RecordingPage();
