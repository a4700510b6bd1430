// First and second try side by side: the first film leads, the second follows to the place that belongs to it.

import { pairs, secondAt } from "../aligned.js";
import { byId, setAttribute } from "../dom.js";
import { FilmSource } from "../film_source.js";
import { CompareControls } from "../views/compare_controls.js";
import { CompareTalk } from "../views/compare_talk.js";
import { RecordingFilm } from "../views/film.js";

/** @import { Pair } from "../aligned.js" */

const TOLERATED_MS = 250;

class Side {
  source = new FilmSource();

  /**
   * @param {RecordingFilm} film
   * @param {() => void} changed
   */
  constructor(film, changed) {
    this.film = film;
    this.source.addEventListener("change", () => {
      film.render(this.source.state);
      changed();
    });
    film.addEventListener("film-lost", () => this.source.lost());
    film.addEventListener("loadeddata", () => this.source.found(), true);
    this.source.follow(film.dataset["url"] ?? "");
  }

  get phases() {
    return this.source.state.data?.phases ?? [];
  }

  get ready() {
    return this.source.state.data?.state === "ready";
  }
}

class ComparePage {
  #root = byId("compare", HTMLElement);
  #controls = byId("compare-controls", CompareControls);
  #talk = this.#root.querySelector("compare-talk");
  #key = `compare/${this.#root.dataset["pair"]}`;
  /** @type {{ first: number, second: number }[]} */
  #own = read(this.#key);
  #plays = false;
  /** @type {"first" | "second"} */
  #sound = "first";
  #first = new Side(byId("film-1", RecordingFilm), () => this.#draw());
  #second = new Side(byId("film-2", RecordingFilm), () => this.#draw());
  #asked = "";

  constructor() {
    for (const [name, act] of Object.entries(this.#acts)) {
      this.#controls.addEventListener(name, (event) => act(event instanceof CustomEvent ? event.detail : undefined));
    }
    for (const type of ["timeupdate", "seeked", "pause", "ended"]) this.#first.film.addEventListener(type, () => this.#follow(), true);
    this.#draw();
  }

  /** @type {Record<string, (detail: any) => void>} */
  #acts = {
    "play-both": () => this.#play(true),
    "pause-both": () => this.#play(false),
    speed: (times) => {
      for (const { film } of [this.#first, this.#second]) film.rate = times;
    },
    sound: (which) => {
      this.#sound = which;
      this.#draw();
    },
    "jump-pair": (pair) => this.#jump(pair),
    "put-together": () => this.#keep([...this.#own, { first: this.#first.film.atMs, second: this.#second.film.atMs }]),
    "take-apart": (pair) => this.#keep(this.#own.filter(({ first, second }) => first !== pair.first || second !== pair.second)),
  };

  get #pairs() {
    return pairs(this.#first.phases, this.#second.phases, this.#own);
  }

  /** @param {boolean} plays */
  #play(plays) {
    this.#plays = plays;
    if (plays) this.#second.film.seek(secondAt(this.#pairs, this.#first.film.atMs));
    for (const { film } of [this.#first, this.#second]) {
      if (plays) void film.video.play().catch(() => null);
      else film.pause();
    }
    this.#draw();
  }

  /** @param {Pair} pair */
  #jump(pair) {
    this.#first.film.seek(pair.first);
    this.#second.film.seek(pair.second);
  }

  /** While both play together; alone each can be moved as one likes. */
  #follow() {
    if (!this.#plays) return;
    const { film: lead } = this.#first;
    if (lead.video.paused) return this.#play(false);
    const there = secondAt(this.#pairs, lead.atMs);
    if (Math.abs(this.#second.film.atMs - there) > TOLERATED_MS) this.#second.film.seek(there);
  }

  /** @param {{ first: number, second: number }[]} own */
  #keep(own) {
    this.#own = own;
    try {
      localStorage.setItem(this.#key, JSON.stringify(own));
    } catch {
      // this browser keeps nothing; they stay until the page goes
    }
    this.#draw();
  }

  #draw() {
    const ready = this.#first.ready && this.#second.ready;
    this.#controls.render({ pairs: this.#pairs, plays: this.#plays, sound: this.#sound, ready });
    this.#first.film.video.muted = this.#sound !== "first";
    this.#second.film.video.muted = this.#sound !== "second";
    setAttribute(this.#root, "aria-busy", String(!ready));
    if (ready) void this.#askTalk();
  }

  async #askTalk() {
    if (!(this.#talk instanceof CompareTalk)) return;
    const films = `${this.#first.source.state.data?.film} ${this.#second.source.state.data?.film}`;
    if (films === this.#asked) return;
    this.#asked = films;
    const [first, second] = await Promise.all([ask(this.#talk.dataset["first"]), ask(this.#talk.dataset["second"])]);
    this.#talk.render({ first, second });
  }
}

/** @param {string | undefined} url */
async function ask(url) {
  const response = await fetch(url ?? "", { headers: { accept: "application/json" } }).catch(() => null);
  return response?.ok ? response.json().catch(() => null) : null;
}

/** @param {string} key @returns {{ first: number, second: number }[]} */
function read(key) {
  try {
    const kept = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(kept) ? kept.filter(({ first, second }) => Number.isFinite(first) && Number.isFinite(second)) : [];
  } catch {
    return [];
  }
}

new ComparePage();
