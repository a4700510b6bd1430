// The film of a consultation: both see it at the same place, whoever moves it. Only for those whom its teacher lets watch.

import { byId, h, keyed, setAttribute, setText, show } from "../dom.js";
import { FilmFollow } from "../film_follow.js";
import { FilmSource, GONE } from "../film_source.js";
import { Playhead } from "../playhead.js";
import { nameOf } from "../reading.js";
import { Studio, ask } from "../studio.js";
import * as words from "../words.js";
import { RecordingFilm } from "./film.js";
import { StudioNotes } from "./studio_notes.js";
import { ViewElement } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @import { Clock } from "../clock.js" */
/** @import { Place } from "../playhead.js" */
/** @typedef {{ take: string, use: string, person: string, teacher: string, film: Place | null, cannot: { seat: string, name: string }[] }} Answer */

const ASK_AGAIN_MS = 3_000;
/** @type {Answer} */
const DELETED = { take: "", use: "", person: "", teacher: "", film: null, cannot: [] };
const said = words.consultation.film;

/** @extends {ViewElement<{ view: View, clock: Clock }>} */
export class FilmTogether extends ViewElement {
  /** @type {View | null} */
  #view = null;
  /** @type {Answer | null} */
  #answer = null;
  /** @type {Playhead | null} */
  #playhead = null;
  /** @type {FilmFollow | null} */
  #follow = null;
  /** @type {Studio | null} */
  #studio = null;
  #notes = byId("studio-notes", StudioNotes);
  #source = new FilmSource();
  #film = new RecordingFilm();
  #asking = 0;
  #refused = "";
  #said = h("p", { id: "together-said", class: "quiet", role: "status" });
  #elsewhere = h("button", { type: "button", class: "quiet-button", id: "film-elsewhere", on: { click: () => this.#toggle() } });
  #hear = h("button", { type: "button", class: "primary", id: "film-hear", text: said.hear, on: { click: () => this.#follow?.unblock() } });
  #bar = h("div", { class: "together-bar" }, this.#said, this.#hear, this.#elsewhere);
  #closed = h("p", { class: "together-closed", id: "film-closed", role: "status" });
  #cannot = h("div", { class: "together-cannot", id: "film-cannot" });
  #open = h("a", { class: "quiet", id: "film-page", target: "_blank", text: said.openPage });

  /** @param {Clock} clock the server's */
  #connect(clock) {
    this.#playhead = new Playhead(this.dataset["session"] ?? "", () => clock.now(), () => this.#view?.you.seat ?? "");
    this.#playhead.addEventListener("change", () => this.#draw());
    this.#playhead.addEventListener("watchers", () => void this.#ask());
    void this.#ask();
  }

  build() {
    setAttribute(this, "role", "region");
    setAttribute(this, "aria-label", said.region);
    this.#film.id = "film";
    this.append(this.#closed, this.#cannot, this.#bar, this.#film, this.#open);
    this.#source.addEventListener("change", () => {
      if (this.#source.state.data?.state === "gone") void this.#ask();
      else this.#draw();
    });
    this.#film.addEventListener("film-lost", () => this.#source.lost());
    this.#film.addEventListener("loadeddata", () => this.#source.found(), true);
    for (const type of ["timeupdate", "seeking"]) this.#film.addEventListener(type, () => this.#studio?.moved(), true);
  }

  /** @param {{ view: View, clock: Clock }} state */
  update({ view, clock }) {
    if (this.#playhead === null) this.#connect(clock);
    const came = view.people.length !== this.#view?.people.length;
    this.#view = view;
    if (view.phase.part === "ended") return this.#end();
    if (came && this.#answer !== null) void this.#ask();
    this.#draw();
  }

  /** Who may watch, and where the film is. Whoever may not yet asks again. */
  async #ask() {
    clearTimeout(this.#asking);
    if (this.#view?.phase.part === "ended") return;
    const { ok, status, body } = await ask(`/sessions/${this.dataset["session"]}/film`);
    if (ok) this.#answer = body;
    else if (status === 404) this.#answer = DELETED;
    if (this.#answer?.film) this.#playhead?.learn(this.#answer.film);
    if (this.#answer?.take) this.#begin();
    else if (this.#answer) this.#end();
    if (this.#answer !== DELETED && !this.#answer?.take) this.#asking = setTimeout(() => void this.#ask(), ASK_AGAIN_MS);
    this.#draw();
  }

  #begin() {
    if (!this.#answer || !this.#playhead) return;
    const { take, use, person } = this.#answer;
    this.#source.follow(`/recordings/${take}/data`);
    this.#open.href = `/recordings/${take}`;
    if (this.#follow === null) {
      this.#follow = new FilmFollow(this.#film, this.#playhead);
      this.#follow.addEventListener("change", () => this.#draw());
    }
    if (this.#studio !== null) return;
    const root = h("div", { "data-take": take, "data-use": use, "data-person": person });
    this.#studio = new Studio(root, this.#film);
    for (const name of ["recording", "permissions", "again"]) this.#studio.news.addEventListener(name, () => void this.#ask());
    this.#studio.news.addEventListener("gone", () => void this.#ask());
    this.#film.connect(this.#studio);
    this.#notes.connect(this.#studio);
    this.#notes.addEventListener("jump", (event) => event instanceof CustomEvent && this.#film.jump(event.detail));
  }

  #end() {
    this.#follow?.close();
    this.#follow = null;
    clearTimeout(this.#asking);
    this.#source.follow(null);
    if (this.#studio) this.#film.render({ data: GONE, reachable: true });
  }

  #draw() {
    if (!this.#view || !this.#playhead) return;
    const { data, reachable } = this.#source.state;
    const watches = this.#answer !== null && this.#answer.take !== "";
    show(this.#film, watches);
    show(this.#bar, watches && data?.film != null);
    show(this.#open, watches);
    if (watches) this.#film.render({ data, reachable });
    if (watches) this.#studio?.show(data);
    show(this.#closed, this.#answer !== null && !watches);
    setText(this.#closed, watches ? "" : this.#answer === DELETED ? said.deleted : said.mayNot(this.#answer?.teacher ?? ""));
    this.#drawCannot(this.#answer?.cannot ?? []);
    this.#drawBar(this.#view, this.#playhead.place);
    setAttribute(this, "data-closed", !watches);
    show(this.#notes, watches && data?.state === "ready");
  }

  /** @param {View} view @param {Place} place */
  #drawBar(view, place) {
    const own = place.leader === view.you.seat;
    const away = this.#follow?.elsewhere ?? false;
    const name = nameOf(view, place.leader);
    setText(this.#said, away ? said.onYourOwn : place.leader === "" ? said.together : own ? said.youMoved : said.moved(name));
    setText(this.#elsewhere, away ? said.comeBack(own ? "" : name) : said.lookElsewhere);
    setAttribute(this.#elsewhere, "data-away", away);
    show(this.#hear, this.#follow?.blocked ?? false);
  }

  /** @param {Answer["cannot"]} people */
  #drawCannot(people) {
    const here = people.filter(({ seat }) => this.#view?.people.some((person) => person.seat === seat && person.here));
    show(this.#cannot, here.length > 0);
    keyed(this.#cannot, here, ({ seat }) => seat, ({ seat, name }) => {
      const let_ = h("button", { type: "button", "data-seat": seat, text: said.letWatch(name), on: { click: () => void this.#let(seat) } });
      return h("p", {}, h("span", { text: said.cannot(name) }), let_, h("span", { class: "field-error", role: "alert" }));
    }, (item) => {
      if (item.lastElementChild) setText(item.lastElementChild, this.#refused);
    });
  }

  /** @param {string} seat */
  async #let(seat) {
    const { ok, body } = await ask(`/sessions/${this.dataset["session"]}/film/watchers`, { method: "POST", body: { seat } });
    this.#refused = ok ? "" : (body?.message ?? words.connection.failed);
    await this.#ask();
  }

  #toggle() {
    if (this.#follow) this.#follow.elsewhere = !this.#follow.elsewhere;
  }
}

customElements.define("film-together", FilmTogether);
