// What one seldom needs of the player: single pictures, parts of the lesson, a part to repeat, what is seen, a link to this place.

import { h, setAttribute, setText, show } from "../dom.js";
import { keepPlayerSettings, playerSettings } from "../player_settings.js";
import * as words from "../words.js";
import { ViewElement } from "./view.js";

/** @import { RecordingFilm } from "./film.js" */
/** @typedef {{ own: boolean, live: boolean, chapters: boolean }} State `own`: whose picture it is */

const { control } = words.player;

/** Emits `keys` when somebody wants to see the keys. @extends {ViewElement<State>} */
export class PlayerMenu extends ViewElement {
  #film;
  #places = h("div", { class: "menu-row" });
  #chapters = h("div", { class: "menu-row" });
  #soundOnly = this.#switch("player-sound-only", control.soundOnly);
  #hideFace = this.#switch("player-hide-face", control.hideMine);
  #link = h("input", { type: "text", readonly: true, id: "player-link", "aria-label": control.copyLink, hidden: true });
  #pauses = h("input", { type: "checkbox", id: "player-pauses", checked: playerSettings().pauses, on: { change: () => keepPlayerSettings({ pauses: this.#pauses.checked }) } });

  /** @param {RecordingFilm} film */
  constructor(film) {
    super();
    this.#film = film;
  }

  build() {
    setAttribute(this, "id", "player-menu");
    setAttribute(this, "role", "group");
    setAttribute(this, "aria-label", control.more);
    const film = this.#film;
    const places = /** @type {const} */ ([["frame-back", control.frameBack, () => film.step(-1)], ["frame-forward", control.frameForward, () => film.step(1)], ["begin", control.begin, () => film.beginPart()], ["end", control.end, () => film.endPart()]]);
    const chapters = /** @type {const} */ ([["previous-chapter", control.previousChapter, () => film.chapterOn(-1)], ["next-chapter", control.nextChapter, () => film.chapterOn(1)]]);
    this.#places.append(...places.map(([id, text, click]) => plain(`player-${id}`, text, click)));
    this.#chapters.append(...chapters.map(([id, text, click]) => plain(`player-${id}`, text, click)));
    const link = plain("player-copy", control.copyLink, () => void film.copyLink());
    const pauses = h("label", { class: "menu-check" }, this.#pauses, h("span", { text: control.pauses }));
    const keys = plain("player-keys", control.keys, () => this.dispatchEvent(new CustomEvent("keys")));
    const rest = h("div", { class: "menu-row" }, this.#soundOnly, this.#hideFace, link, keys);
    this.append(this.#places, this.#chapters, rest, this.#link, pauses);
  }

  /** @param {State} state */
  update({ own, live, chapters }) {
    setText(this.#hideFace, own ? control.hideMine : control.hideFace);
    show(this.#places, !live);
    show(this.#chapters, !live && chapters);
  }

  /** The browser does not let us copy: here it stands to be copied by hand. @param {string} link */
  showLink(link) {
    this.#link.value = link;
    show(this.#link, true);
    this.#link.select();
  }

  /**
   * @param {string} id
   * @param {string} text
   */
  #switch(id, text) {
    const button = plain(id, text, () => {
      setAttribute(button, "aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
      const [soundOnly, hidden] = [this.#soundOnly, this.#hideFace].map((each) => each.getAttribute("aria-pressed") === "true");
      this.#film.shown = { picture: !soundOnly, face: !hidden };
    });
    setAttribute(button, "aria-pressed", "false");
    return button;
  }
}

/**
 * @param {string} id
 * @param {string} text
 * @param {() => void} click
 */
function plain(id, text, click) {
  return h("button", { type: "button", id, text, on: { click } });
}

customElements.define("player-menu", PlayerMenu);
