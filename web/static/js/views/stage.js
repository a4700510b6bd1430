// What everybody sees beside the people: a slide, or somebody's screen. Whoever shows slides turns their pages here.

import { h, icon, setAttribute, setText, show } from "../dom.js";
import { may, nameOf } from "../reading.js";
import * as words from "../words.js";
import { command, ViewElement } from "./view.js";

/** @import { Slide, View } from "../protocol.js" */
/** @import { RoomState } from "../pages/room_views.js" */

const OWN_KEYS = "input, textarea, select, video, [contenteditable], dialog, [role=log]";
const STEPS = new Map([["ArrowRight", 1], ["ArrowDown", 1], ["PageDown", 1], ["ArrowLeft", -1], ["ArrowUp", -1], ["PageUp", -1]]);
const SWIPE_PX = 40;

/** @extends {ViewElement<RoomState>} */
export class RoomStage extends ViewElement {
  /** @type {View | null} */
  #view = null;
  /** The page that the person has turned to and the session has not followed to yet. @type {number | null} */
  #turning = null;
  #swipeX = 0;
  #ahead = new Image();
  #image = h("img", { id: "slide", class: "slide", draggable: "false" });
  #video = h("video", { id: "screen", class: "screen", autoplay: true, playsinline: true, disablepictureinpicture: true });
  #sharing = h("p", { class: "sharing", text: words.teaching.picture.yourScreen });
  #back = this.#turn("slide-back", words.teaching.picture.back, -1, "m14 6-6 6 6 6");
  #page = h("span", { class: "slide-page", "aria-live": "off" });
  #forward = this.#turn("slide-forward", words.teaching.picture.forward, 1, "m10 6 6 6-6 6");
  #stop = h("button", { type: "button", class: "link", id: "slide-stop", text: words.teaching.picture.stopSlides, on: { click: () => command(this, { type: "show_slide", deck: null, page: 0 }) } });
  #pager = h("div", { class: "slide-pager" }, this.#back, this.#page, this.#forward, this.#stop);

  build() {
    setAttribute(this, "role", "group");
    setAttribute(this, "aria-label", words.teaching.picture.region);
    this.append(h("div", { class: "stage-frame" }, this.#image, this.#video, this.#sharing), this.#pager);
    document.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("pointerdown", ({ clientX }) => (this.#swipeX = clientX));
    this.addEventListener("pointerup", ({ clientX, pointerType }) => {
      if (pointerType === "touch" && Math.abs(clientX - this.#swipeX) > SWIPE_PX) this.#go(clientX < this.#swipeX ? 1 : -1);
    });
  }

  /** @param {RoomState} state */
  update({ view, screens, own }) {
    this.#view = view;
    const ownScreen = view.screen === view.you.seat;
    const screen = view.screen === null || ownScreen ? null : (screens.get(view.screen) ?? null);
    if (this.#video.srcObject !== screen) this.#video.srcObject = screen;
    this.#video.muted = own.microphone === "shared";
    show(this.#video, view.screen !== null && !ownScreen);
    setAttribute(this.#video, "aria-label", words.teaching.picture.screen(nameOf(view, view.screen)));
    show(this.#sharing, ownScreen);
    this.#updateSlide(view, view.screen === null ? view.slide : null);
  }

  /**
   * @param {View} view
   * @param {Slide | null} slide
   */
  #updateSlide(view, slide) {
    show(this.#image, slide !== null);
    const turns = slide !== null && slide.seat === view.you.seat && may(view, "show_slide");
    show(this.#pager, turns);
    if (slide === null) {
      this.#turning = null;
      return;
    }
    if (this.#turning === slide.page) this.#turning = null;
    const page = this.#turning ?? slide.page;
    setAttribute(this.#image, "src", addressOf(view, slide, page));
    setAttribute(this.#image, "alt", words.teaching.picture.slide(page + 1, slide.pages));
    setText(this.#page, words.teaching.picture.page(page + 1, slide.pages));
    this.#back.disabled = page === 0;
    this.#forward.disabled = page + 1 >= slide.pages;
    if (page + 1 < slide.pages) setAttribute(this.#ahead, "src", addressOf(view, slide, page + 1));
  }

  /**
   * @param {string} id
   * @param {string} label
   * @param {number} step
   * @param {string} drawing
   */
  #turn(id, label, step, drawing) {
    return h("button", { type: "button", class: "slide-turn", id, "aria-label": label, on: { click: () => this.#go(step) } }, icon(drawing));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = STEPS.get(event.key);
    const elsewhere = event.target instanceof Element && event.target.closest(OWN_KEYS);
    if (step === undefined || elsewhere || event.ctrlKey || event.altKey || event.metaKey || this.#pager.hidden) return;
    event.preventDefault();
    this.#go(step);
  }

  /** The page turns here at once; everybody follows. @param {number} step */
  #go(step) {
    const slide = this.#view?.slide;
    if (!slide || !this.#view || this.#pager.hidden) return;
    const page = (this.#turning ?? slide.page) + step;
    if (page < 0 || page >= slide.pages) return;
    this.#turning = page;
    this.#updateSlide(this.#view, slide);
    command(this, { type: "show_slide", deck: slide.deck, page }, (answer) => {
      if (!answer.accepted) this.#turning = null;
    });
  }
}

/**
 * @param {View} view
 * @param {Slide} slide
 * @param {number} page
 */
function addressOf(view, slide, page) {
  return `/sessions/${view.session}/slides/${slide.deck}/${page}`;
}

customElements.define("room-stage", RoomStage);
