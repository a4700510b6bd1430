// What the person who teaches brings and shows: slides, or a window of this computer.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import { may } from "../reading.js";
import { upload } from "../upload.js";
import * as words from "../words.js";
import { command, ViewElement } from "./view.js";

/** @import { Deck } from "../protocol.js" */
/** @import { RoomState } from "../pages/room_views.js" */

const ACCEPTED = "application/pdf,image/png,image/jpeg,image/webp,.pdf";
const TOO_LARGE = 413;

/**
 * Emits `share` (boolean: on) and `small-window`.
 * @extends {ViewElement<RoomState>}
 */
export class OwnSlides extends ViewElement {
  #session = "";
  #title = h("h2", { text: words.teaching.slides.title });
  #decks = h("ul", { class: "deck-list" });
  #files = h("input", { type: "file", id: "slides-file", class: "visually-hidden", accept: ACCEPTED, multiple: true, on: { change: () => void this.#send() } });
  #bringWords = h("span");
  #bringLabel = h("label", { for: "slides-file", class: "button-link" }, this.#bringWords);
  #bring = h("div", { class: "bring" }, this.#files, this.#bringLabel);
  #bar = h("progress", { id: "slides-progress", max: 1, value: 0 });
  #state = h("p", { class: "quiet", id: "slides-state", role: "status" });
  #what = h("p", { class: "quiet", text: words.teaching.slides.what });
  #share = h("button", { type: "button", id: "share-screen", on: { click: () => emit(this, "share", this.#share.dataset["on"] === undefined) } });
  #small = h("button", { type: "button", id: "small-window", text: words.teaching.slides.small, on: { click: () => emit(this, "small-window") } });
  #hint = h("p", { class: "quiet", id: "share-hint" });

  build() {
    show(this.#bar, false);
    this.append(this.#title, this.#decks, this.#bring, this.#bar, this.#state, this.#what, this.#share, this.#small, this.#hint);
  }

  /** @param {RoomState} state */
  update({ view, situation, canShare, canFloat }) {
    this.#session = view.session;
    const trying = situation === "before";
    const busy = !trying && (view.decks.length > 0 || situation === "lesson");
    show(this.#title, !busy);
    show(this.#what, !busy);
    show(this.#bring, !busy || view.slide === null);
    const shown = view.slide?.seat === view.you.seat ? view.slide.deck : null;
    keyed(this.#decks, view.decks, ({ deck }) => deck, ({ deck }) => this.#deckItem(deck), (item, deck) => updateDeck(item, deck, trying, shown === deck.deck));
    show(this.#decks, may(view, "show_slide") && view.decks.length > 0);
    setText(this.#bringWords, view.decks.length ? words.teaching.slides.another : words.teaching.slides.bring);
    setText(this.#what, trying && view.decks.length ? words.teaching.slides.tryHint : words.teaching.slides.what);
    const sharing = view.screen === view.you.seat;
    const shares = may(view, "share_screen") || sharing;
    show(this.#share, canShare && shares);
    this.#share.disabled = !sharing && view.screen !== null;
    setAttribute(this.#share, "data-on", sharing);
    setText(this.#share, sharing ? words.teaching.slides.stopSharing : words.teaching.slides.share);
    show(this.#small, canFloat && sharing);
    setText(this.#hint, hintOf(canShare, sharing, view.screen !== null));
    show(this.#hint, shares && !busy);
  }

  /** @param {string} deck */
  #deckItem(deck) {
    const open = h("button", { type: "button", "data-deck": deck, on: { click: () => command(this, { type: "show_slide", deck, page: 0 }) } });
    return h("li", {}, open, h("span", { class: "quiet" }));
  }

  async #send() {
    const files = [...(this.#files.files ?? [])];
    if (files.length === 0) return;
    this.#coming(0);
    const answer = await upload(`/sessions/${this.#session}/slides`, files, (share) => this.#coming(share));
    this.#files.value = "";
    show(this.#bar, false);
    const why = answer.message || (answer.status === TOO_LARGE ? words.teaching.slides.tooLarge : answer.status === 0 ? words.teaching.slides.failed : words.teaching.slides.refused);
    setText(this.#state, answer.ok ? "" : why);
    setAttribute(this.#state, "class", answer.ok ? "quiet" : "field-error");
  }

  /** @param {number} share */
  #coming(share) {
    show(this.#bar, true);
    this.#bar.value = share;
    setAttribute(this.#state, "class", "quiet");
    setText(this.#state, share < 1 ? words.teaching.slides.coming(Math.round(share * 100)) : words.teaching.slides.preparing);
  }
}

/**
 * @param {HTMLElement} item
 * @param {Deck} deck
 * @param {boolean} trying
 * @param {boolean} shown
 */
function updateDeck(item, { title, pages }, trying, shown) {
  const [open, count] = item.children;
  if (open instanceof HTMLButtonElement) {
    setText(open, trying ? words.teaching.slides.tryThem(title) : words.teaching.slides.show(title));
    show(open, !shown);
  }
  if (count) setText(count, shown ? `${title}, ${words.teaching.slides.pages(pages)}` : words.teaching.slides.pages(pages));
}

/**
 * @param {boolean} canShare
 * @param {boolean} sharing
 * @param {boolean} taken
 */
function hintOf(canShare, sharing, taken) {
  if (!canShare) return words.teaching.slides.noSharing;
  if (sharing) return "";
  return taken ? words.teaching.slides.otherShares : words.teaching.slides.shareHint;
}

/** @param {RoomState} state */
export function offersSlides({ view, situation, canShare }) {
  if (view.screen === view.you.seat && situation !== "ended") return true;
  if (!may(view, "show_slide") && !may(view, "share_screen")) return false;
  if (situation === "before") return true;
  const teaches = view.you.role === "teacher" && (situation === "lesson" || situation === "lesson_waiting");
  return teaches && (view.slide === null || canShare);
}

customElements.define("own-slides", OwnSlides);
