// All keys of the player, and the switch for those of a single letter: speech input and trembling hands press them unasked (WCAG 2.1.4).

import { h, setAttribute } from "../dom.js";
import { keepPlayerSettings, playerSettings } from "../player_settings.js";
import * as words from "../words.js";

const { help } = words.player;

export class PlayerHelp {
  #letters = h("input", { type: "checkbox", id: "player-letters", on: { change: () => keepPlayerSettings({ letters: this.#letters.checked }) } });
  node = h("dialog", { class: "player-help", id: "player-help", "aria-labelledby": "player-help-title" });

  open() {
    if (this.node.childElementCount === 0) this.#build();
    this.#letters.checked = playerSettings().letters;
    if (!this.node.open) this.node.showModal();
  }

  #build() {
    const keys = help.keys.map(([keys, does]) => h("div", {}, h("dt", {}, h("kbd", { text: keys ?? "" })), h("dd", { text: does ?? "" })));
    const letters = h("label", { class: "menu-check" }, this.#letters, h("span", { text: help.letters }));
    const close = h("button", { type: "button", text: help.close, on: { click: () => this.node.close() } });
    setAttribute(this.#letters, "aria-describedby", "player-letters-why");
    this.node.append(h("h2", { id: "player-help-title", text: help.title }), h("dl", {}, ...keys), letters, h("p", { class: "quiet", id: "player-letters-why", text: help.lettersWhy }), close);
  }
}
