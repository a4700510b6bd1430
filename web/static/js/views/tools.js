// What a learner does first: raise a hand, open the class chat.

import { emit, h, icon, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { CHAT, HAND } from "./drawings.js";
import { hasChat, offersHand } from "./layout.js";
import { command, ViewElement } from "./view.js";

/** @import { RoomState } from "../pages/room_views.js" */

const { floors } = words.together;
const TYPING = "input, textarea, select, [contenteditable], dialog";

/** @extends {ViewElement<RoomState>} */
export class RoomTools extends ViewElement {
  /** @type {RoomState | null} */
  #last = null;
  #read = new Set();
  #handWords = h("span");
  #hand = h("button", { type: "button", id: "hand", class: "tool", "aria-keyshortcuts": "h", on: { click: () => this.#raise() } }, icon(...HAND), this.#handWords);
  #unread = h("span", { class: "unread", id: "chat-unread" });
  #chat = h(
    "button",
    { type: "button", id: "chat-toggle", class: "tool", "aria-controls": "chat", on: { click: () => this.#toggleChat() } },
    icon(...CHAT),
    h("span", { text: words.teaching.chat.open }),
    this.#unread,
  );

  build() {
    setAttribute(this, "role", "group");
    setAttribute(this, "aria-label", words.teaching.tools.region);
    this.append(this.#hand, this.#chat);
    document.addEventListener("keydown", (event) => this.#key(event));
  }

  /** @param {RoomState} state */
  update(state) {
    this.#last = state;
    const { view, look, situation } = state;
    const up = isUp(view);
    show(this.#hand, offersHand(view));
    setAttribute(this.#hand, "aria-pressed", String(up));
    const asks = situation === "queue";
    setText(this.#handWords, asks ? (up ? floors.askNot : floors.ask) : up ? words.teaching.hand.lower : words.teaching.hand.raise);
    setAttribute(this.#hand, "data-asks", asks && !up && !view.you.leads);
    const chat = hasChat(view);
    show(this.#chat, chat);
    setAttribute(this.#chat, "aria-expanded", String(look.chat === true));
    if (look.chat) for (const { message } of view.chat) this.#read.add(message);
    const unread = view.chat.filter(({ message, seat }) => seat !== view.you.seat && !this.#read.has(message)).length;
    show(this.#unread, unread > 0);
    setText(this.#unread, String(unread));
    setAttribute(this.#unread, "aria-label", words.teaching.chat.unread(unread));
    show(this, !this.#hand.hidden || !this.#chat.hidden);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const typing = event.target instanceof Element && event.target.closest(TYPING);
    if (typing || event.repeat || event.ctrlKey || event.altKey || event.metaKey || event.key.toLowerCase() !== "h") return;
    if (!this.#hand.hidden && !this.hidden) this.#raise();
  }

  #raise() {
    if (this.#last) command(this, { type: "raise_hand", raised: !isUp(this.#last.view) });
  }

  #toggleChat() {
    emit(this, "look", { chat: !this.#last?.look.chat });
  }
}

/** @param {import("../protocol.js").View} view */
function isUp(view) {
  return view.people.some((person) => person.seat === view.you.seat && person.hand_ms !== null);
}

customElements.define("room-tools", RoomTools);
