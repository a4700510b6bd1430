// The recording of one lesson: asks how far it is until it is ready, then shows it.

import { byId, setAttribute, show } from "../dom.js";
import { FilmSource } from "../film_source.js";
import { LiveSource } from "../live_source.js";
import { Studio } from "../studio.js";
import "../views/agreement_line.js";
import "../views/asked_reviews.js";
import { RecordingFilm } from "../views/film.js";
import { LiveNow } from "../views/live_now.js";
import "../views/one_thing.js";
import "../views/own_view.js";
import { RecordingProducts } from "../views/products.js";
import { RecordingChanges, RecordingNews } from "../views/recording_changes.js";
import { RecordingNotes } from "../views/recording_notes.js";
import "../views/review_brief.js";
import "../views/review_writing.js";
import "../views/studio_notes.js";
import { RecordingTalk } from "../views/talk.js";
import "../views/talk_together.js";
import "../views/who_watches.js";

/** @import { Part } from "../studio.js" */
/** @import { FilmData } from "../views/film.js" */

const PARTS = "one-thing, own-view, studio-notes, asked-reviews, who-watches, review-brief, review-writing, agreement-line, talk-together";

class RecordingPage {
  #root = byId("recording", HTMLElement);
  #film = byId("film", RecordingFilm);
  #notes = byId("notes", RecordingNotes);
  /** What only the teacher has. */
  #changes = this.#root.querySelector("recording-changes");
  #news = byId("news", RecordingNews);
  #products = this.#root.querySelector("recording-products");
  #talk = byId("talk", RecordingTalk);
  #now = byId("now", LiveNow);
  #source = new FilmSource();
  #live = new LiveSource();
  #liveScreen = new LiveSource();
  #takenOut = "";
  #studio = new Studio(this.#root, this.#film);

  constructor() {
    this.#root.addEventListener("jump", (event) => {
      if (event instanceof CustomEvent) this.#film.jump(event.detail);
    });
    for (const name of ["recording", "permissions", "again"]) this.#studio.news.addEventListener(name, () => this.#source.ask());
    this.#studio.news.addEventListener("gone", (event) => event instanceof CustomEvent && this.#end(event.detail));
    this.#film.addEventListener("film-lost", () => this.#loseFilm());
    for (const live of [this.#live, this.#liveScreen]) live.addEventListener("change", () => this.#draw());
    this.#live.addEventListener("over", () => this.#source.hurry());
    this.#film.addEventListener("loadeddata", () => this.#source.found(), true);
    for (const type of ["timeupdate", "seeking"]) this.#film.addEventListener(type, () => this.#move(), true);
    this.#root.addEventListener("changed", () => this.#source.ask());
    this.#source.addEventListener("change", () => this.#draw());
    this.#film.connect(this.#studio);
    for (const part of this.#root.querySelectorAll(PARTS)) /** @type {Part} */ (/** @type {unknown} */ (part)).connect(this.#studio);
    this.#source.follow(this.#root.dataset["url"] ?? "");
  }

  /** @param {NonNullable<FilmData["why"]> | "changed"} why "changed": it may be watched in another way now */
  #end(why) {
    if (why === "changed") location.reload();
    else this.#source.end(why);
  }

  #move() {
    this.#talk.atMs = this.#film.atMs;
    this.#studio.moved();
  }

  #draw() {
    const { data } = this.#source.state;
    const ready = data?.state === "ready";
    this.#drawFilm(data);
    const noted = ready && this.#root.dataset["alone"] === undefined && (data.you.use === "own" || data.notes.length > 0);
    show(this.#notes, noted);
    if (noted) this.#notes.render(data);
    if (this.#products instanceof RecordingProducts) {
      show(this.#products, ready);
      if (ready) this.#products.render(data);
    }
    const measured = ready && (this.#studio.use === "own" || data.includes.includes("talk"));
    show(this.#talk, measured);
    if (measured) this.#talk.render(data);
    const there = data !== null && data.state !== "recording" && data.state !== "gone";
    if (this.#changes instanceof RecordingChanges) {
      show(byId("change-recording", HTMLElement), there);
      if (there) this.#changes.render(data);
    }
    show(this.#news, there);
    if (there) this.#news.render(data);
    this.#studio.show(data);
    setAttribute(this.#root, "aria-busy", String(data === null || (data.state === "recording" && this.#live.state.kind !== "on")));
    setAttribute(this.#root, "data-state", data?.state ?? "loading");
  }

  #loseFilm() {
    if (this.#live.state.kind === "off") return this.#source.lost();
    for (const live of [this.#live, this.#liveScreen]) live.restart();
  }

  /** What players have of a lesson that is being recorded goes, when somebody takes their voice out of it. @param {FilmData} data */
  #forgetWhatWasTakenOut({ taken_out }) {
    const now = JSON.stringify(taken_out);
    if (this.#takenOut !== "" && this.#takenOut !== now) for (const live of [this.#live, this.#liveScreen]) live.restart();
    this.#takenOut = now;
  }

  /** The finished film takes over from the one that was watched meanwhile, and only then that one ends. @param {FilmData | null} data */
  #drawFilm(data) {
    const recorded = data?.state === "recording";
    if (recorded) this.#forgetWhatWasTakenOut(data);
    if (recorded && data.live !== null) this.#live.follow(data.live);
    if (recorded) this.#liveScreen.follow(data.live_screen);
    const live = { face: this.#live.state.address, screen: this.#liveScreen.state.address };
    this.#film.render(recorded ? { ...this.#source.state, live } : this.#source.state);
    if (!recorded) for (const source of [this.#live, this.#liveScreen]) source.follow(null);
    this.#now.render({ kind: this.#live.state.kind, video: this.#film.video });
  }
}

new RecordingPage();
