// The teacher's own time: the recording of a moment ago, for the teacher alone. It never plays by itself, and rests before all meet again.

import { emit, h, setAttribute, setText, show } from "../dom.js";
import { FilmSource, GONE } from "../film_source.js";
import { yourself } from "../reading.js";
import { hasOwnTime, lastTake, togetherMs } from "../reading_lanes.js";
import * as words from "../words.js";
import { RecordingFilm } from "./film.js";
import { StartingPoints } from "./starting_points.js";
import { ViewElement } from "./view.js";

/** @import { OwnTake, View } from "../protocol.js" */
/** @import { FilmData } from "./film.js" */
/** @typedef {{ view: View, now: number }} State */

const RESTS_MS = 30_000;
const SPEEDS = [1, 1.25, 1.5, 2];
const QUESTIONS = /** @type {const} */ (["worked", "differently"]);
const { ownTime } = words.together;

/** Emits `stamp` ({ field, text }): a line of the form begins with where the film is. @extends {ViewElement<State>} */
export class OwnTime extends ViewElement {
  /** @type {State | null} */
  #last = null;
  #watches = true;
  #stamped = false;
  /** When all meet again, if the film has come to rest for that. */
  #restsFor = 0;
  #source = new FilmSource();
  #said = h("p", { class: "quiet", id: "own-time-said" });
  #soon = h("p", { class: "own-time-soon", id: "own-time-soon", role: "status" });
  #film = new RecordingFilm();
  #speed = h("select", { id: "film-speed", on: { change: () => (this.#film.rate = Number(this.#speed.value)) } }, ...SPEEDS.map(speedOption));
  #soundOnly = this.#switch("film-sound-only", ownTime.soundOnly);
  #hidePicture = this.#switch("film-hide-picture", ownTime.hidePicture);
  #points = new StartingPoints((atMs) => this.#film.seek(atMs));
  #stamps = h("div", { class: "stamps" }, ...QUESTIONS.map((field) => this.#stamp(field)));
  #how = h("div", { class: "film-how", role: "group", "aria-label": ownTime.how }, h("label", { class: "film-speed" }, h("span", { text: ownTime.speed }), this.#speed), this.#soundOnly, this.#hidePicture);
  #ways = h("button", { type: "button", class: "link", id: "rather-not", on: { click: () => this.#watch(!this.#watches) } });

  build() {
    setAttribute(this, "role", "region");
    setAttribute(this, "aria-label", ownTime.region);
    this.append(this.#soon, h("div", { class: "film-top" }, this.#film, this.#stamps), this.#points, h("div", { class: "film-how" }, this.#how, this.#ways), this.#said);
    this.#source.addEventListener("change", () => this.#draw());
    this.#film.addEventListener("film-lost", () => this.#source.lost());
    this.#film.addEventListener("loadeddata", () => this.#source.found(), true);
  }

  /** There is one film on a page: in a room without own time it may be another one. @param {State} state */
  render(state) {
    if (this.#last !== null || hasOwnTime(state.view)) super.render(state);
  }

  /** @param {State} state */
  update(state) {
    this.#last = state;
    if (!hasOwnTime(state.view)) return this.#leave();
    const take = this.#watches ? watchable(state.view) : null;
    this.#source.follow(take?.state === "ready" ? `/recordings/${take.take}/data` : null);
    this.#draw();
  }

  #draw() {
    if (!this.#last || !hasOwnTime(this.#last.view)) return;
    const { view, now } = this.#last;
    const take = watchable(view);
    const shown = take !== null && this.#watches;
    const { data, reachable } = this.#source.state;
    const ready = shown && data?.state === "ready";
    setAttribute(this, "data-watching", shown);
    for (const part of [this.#film, this.#how]) show(part, shown);
    this.#film.render({ data: take === null ? GONE : shown ? forTheTeacher(data) : null, reachable });
    this.#points.render({ film: ready ? data.film : null, duration_ms: ready ? data.duration_ms : 0 });
    this.#updateStamps(view, ready);
    setText(this.#said, saidOf(view, take, this.#watches));
    show(this.#ways, take !== null);
    setText(this.#ways, this.#watches ? ownTime.ratherNot : ownTime.watchAfterAll);
    this.#restInTime(view, now);
  }

  /**
   * Strengths first: the other question is offered once there is a moment that worked.
   * @param {View} view
   * @param {boolean} ready
   */
  #updateStamps(view, ready) {
    const asked = new Set(view.form?.fields.map(({ key }) => key));
    const first = this.#stamped || (view.mine?.fields["worked"]?.trim() ?? "") !== "";
    for (const button of this.#stamps.querySelectorAll("button")) {
      const field = button.dataset["field"] ?? "";
      show(button, ready && asked.has(field) && (field === "worked" || first));
    }
    show(this.#stamps, ready);
  }

  /**
   * @param {View} view
   * @param {number} now
   */
  #restInTime(view, now) {
    const ms = togetherMs(view);
    const soon = ms !== null && now >= ms - RESTS_MS;
    if (soon && this.#restsFor !== ms) {
      this.#restsFor = ms;
      this.#film.pause();
    }
    setText(this.#soon, soon && this.#watches && watchable(view) ? ownTime.soon : "");
  }

  #leave() {
    this.#source.follow(null);
    [this.#watches, this.#stamped, this.#restsFor] = [true, false, 0];
    this.#film.pause();
  }

  /** @param {boolean} watches */
  #watch(watches) {
    this.#watches = watches;
    this.#film.pause();
    if (this.#last) this.update(this.#last);
    this.#said.scrollIntoView({ block: "nearest" });
  }

  /** @param {typeof QUESTIONS[number]} field */
  #stamp(field) {
    const click = () => {
      this.#film.pause();
      this.#stamped = true;
      this.#draw();
      emit(this, "stamp", { field, text: `${words.position(this.#film.atMs)} – ` });
    };
    const look = field === "worked" ? "primary" : "";
    return h("button", { type: "button", class: look, id: `stamp-${field}`, "data-field": field, text: ownTime[field], on: { click } });
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  #switch(id, text) {
    const click = () => {
      setAttribute(button, "aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      this.#film.shown = { picture: !isOn(this.#soundOnly), face: !isOn(this.#hidePicture) };
    };
    const button = h("button", { type: "button", class: "quiet-button", id, text, "aria-pressed": "false", on: { click } });
    return button;
  }
}

/** What was recorded of this lesson, if anything. @param {View} view @returns {OwnTake | null} */
function watchable(view) {
  const take = lastTake(view);
  return take === null || take.state === "failed" ? null : take;
}

/** What colleagues noticed stays hidden until they have said it. @param {FilmData | null} data */
function forTheTeacher(data) {
  return data === null ? null : { ...data, moments: [], notes: [] };
}

/**
 * @param {View} view
 * @param {OwnTake | null} take
 * @param {boolean} watches
 */
function saidOf(view, take, watches) {
  if (take === null) return lastTake(view)?.state === "failed" ? words.takes.failed : ownTime.notRecorded;
  if (!watches) return ownTime.withoutFilm;
  return sharesRoom(view) ? `${ownTime.paused} ${ownTime.earphones}` : ownTime.paused;
}

/** @param {View} view */
function sharesRoom(view) {
  const shares = yourself(view)?.shares ?? view.same_room;
  return shares !== null || view.people.some((person) => person.shares === view.you.seat);
}

/** @param {number} times */
function speedOption(times) {
  return h("option", { value: times, text: ownTime.times(words.decimal(times)), selected: times === 1 });
}

/** @param {HTMLElement} button */
function isOn(button) {
  return button.getAttribute("aria-pressed") === "true";
}

customElements.define("own-time", OwnTime);
