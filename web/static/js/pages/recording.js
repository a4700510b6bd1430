// The recording of one lesson: asks how far it is until it is ready, then shows it.

import { byId, setAttribute, show } from "../dom.js";
import { FilmSource } from "../film_source.js";
import { RecordingFilm, RecordingNotes } from "../views/film.js";

class RecordingPage {
  #root = byId("recording", HTMLElement);
  #film = byId("film", RecordingFilm);
  #notes = byId("notes", RecordingNotes);
  #source = new FilmSource();

  constructor() {
    this.#root.addEventListener("jump", (event) => {
      if (event instanceof CustomEvent) this.#film.jump(event.detail);
    });
    this.#film.addEventListener("film-lost", () => this.#source.lost());
    this.#film.addEventListener("loadeddata", () => this.#source.found(), true);
    this.#source.addEventListener("change", () => this.#draw());
    this.#source.follow(this.#root.dataset["url"] ?? "");
  }

  #draw() {
    const { data } = this.#source.state;
    this.#film.render(this.#source.state);
    const ready = data?.state === "ready";
    const noted = ready && this.#root.dataset["alone"] === undefined;
    show(this.#notes, noted);
    if (noted) this.#notes.render(data);
    setAttribute(this.#root, "aria-busy", String(data === null || data.state === "recording"));
    setAttribute(this.#root, "data-state", data?.state ?? "loading");
  }
}

new RecordingPage();
