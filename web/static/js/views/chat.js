// The class chat, and the line to the one who leads that nobody else reads.

import { emit, h, icon, keyed, setAttribute, setText, show } from "../dom.js";
import { may, nameOf } from "../reading.js";
import { randomWord } from "../random.js";
import * as words from "../words.js";
import { hasChat } from "./layout.js";
import { command, ViewElement } from "./view.js";

/** @import { ChatLine, Person, View } from "../protocol.js" */
/** @import { RoomState } from "../pages/room_views.js" */

const NEAR_END_PX = 80;
const MOST = 1000;

/** @extends {ViewElement<RoomState>} */
export class RoomChat extends ViewElement {
  /** @type {View | null} */
  #view = null;
  #close = h("button", { type: "button", class: "plain small", id: "chat-close", "aria-label": words.teaching.chat.close, text: "×", on: { click: () => emit(this, "look", { chat: false }) } });
  #empty = h("p", { class: "quiet", text: words.teaching.chat.empty });
  #list = h("ol", { class: "chat-lines" });
  #scroll = h("div", { class: "chat-scroll", role: "log", "aria-live": "polite", "aria-label": words.teaching.chat.title, tabindex: 0 }, this.#empty, this.#list);
  #whom = h("select", { id: "chat-to", "aria-label": words.teaching.chat.whom, on: { change: () => this.#aim() } });
  #text = h("input", { type: "text", id: "chat-text", maxlength: MOST, autocomplete: "off", enterkeyhint: "send" });
  #send = h("button", { type: "submit", id: "chat-send", "aria-label": words.teaching.chat.send, title: words.teaching.chat.send }, icon("M4 12 20 4l-5 16-3.5-6.5Z"));
  #form = h("form", { class: "chat-form", on: { submit: (event) => this.#say(event) } }, this.#whom, this.#text, this.#send);
  #rests = h("p", { class: "quiet", text: words.teaching.chat.rests });

  build() {
    setAttribute(this, "role", "region");
    setAttribute(this, "aria-label", words.teaching.chat.title);
    this.append(h("div", { class: "chat-head" }, h("h2", { text: words.teaching.chat.title }), this.#close), this.#scroll, this.#form, this.#rests);
    this.addEventListener("keydown", (event) => {
      if (event.key === "Escape") emit(this, "look", { chat: false });
    });
  }

  /** @param {RoomState} state */
  update({ view, look }) {
    this.#view = view;
    const opened = this.hidden && look.chat === true;
    show(this, look.chat === true && hasChat(view));
    const followed = opened || this.#isAtEnd();
    keyed(this.#list, view.chat, (line) => line.message, () => new ChatItem(), (item, line) => item.render({ view, line }));
    show(this.#empty, view.chat.length === 0);
    this.#updateForm(view);
    if (followed) this.#scroll.scrollTop = this.#scroll.scrollHeight;
  }

  /** @param {View} view */
  #updateForm(view) {
    const writes = may(view, "chat");
    show(this.#form, writes);
    show(this.#rests, !writes);
    const people = correspondents(view);
    show(this.#whom, people.length > 0);
    const options = [{ value: "", label: words.teaching.chat.everybody }, ...people.map(({ seat, name }) => ({ value: seat, label: words.teaching.chat.alone(name) }))];
    keyed(this.#whom, options, ({ value }) => value, ({ value }) => h("option", { value }), (option, { label }) => setText(option, label));
    this.#aim();
  }

  #aim() {
    const seat = this.#whom.value;
    const label = seat === "" || !this.#view ? words.teaching.chat.write : words.teaching.chat.writeAlone(nameOf(this.#view, seat));
    setAttribute(this.#text, "placeholder", label);
    setAttribute(this.#text, "aria-label", label);
    setAttribute(this.#form, "data-alone", seat !== "");
  }

  /** @param {Event} event */
  #say(event) {
    event.preventDefault();
    const text = this.#text.value.trim();
    if (text === "") return;
    this.#text.value = "";
    const line = { type: /** @type {const} */ ("chat"), message: randomWord(), text, to: this.#whom.value || null };
    command(this, line, (answer) => {
      if (!answer.accepted && this.#text.value === "") this.#text.value = text;
    });
  }

  #isAtEnd() {
    return this.#scroll.scrollHeight - this.#scroll.scrollTop - this.#scroll.clientHeight < NEAR_END_PX;
  }
}

/** @extends {ViewElement<{ view: View, line: ChatLine }>} */
class ChatItem extends ViewElement {
  #who = h("span", { class: "chat-who" });
  #at = h("span", { class: "chat-at" });
  #text = h("p", { class: "chat-words" });

  build() {
    setAttribute(this, "role", "listitem");
    this.append(h("p", { class: "chat-by" }, this.#who, this.#at), this.#text);
  }

  /** @param {{ view: View, line: ChatLine }} state */
  update({ view, line }) {
    const own = line.seat === view.you.seat;
    const who = own ? words.teaching.chat.you : nameOf(view, line.seat);
    const to = line.to === null ? "" : line.to === view.you.seat ? words.teaching.chat.toYou : words.teaching.chat.toAlone(nameOf(view, line.to));
    setText(this.#who, [who, to].filter(Boolean).join(", "));
    setText(this.#at, words.time(line.at_ms));
    setText(this.#text, line.text);
    setAttribute(this, "data-own", own);
    setAttribute(this, "data-alone", line.to !== null);
  }
}

/** With whom one may talk alone: those who lead, and for them whoever is here. @param {View} view @returns {Person[]} */
function correspondents(view) {
  return view.people.filter((person) => person.seat !== view.you.seat && person.here && (person.leads || view.you.leads));
}

customElements.define("chat-item", ChatItem);
customElements.define("room-chat", RoomChat);
