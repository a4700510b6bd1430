import { emit } from "../dom.js";

/** @import { Answer, Command } from "../signaling.js" */

/**
 * A piece of the page: draws the state that it is given and says what the person did by events.
 * @template State
 */
export class ViewElement extends HTMLElement {
  #built = false;

  /** @param {State} state */
  render(state) {
    if (!this.#built) {
      this.#built = true;
      this.build();
    }
    this.update(state);
  }

  /** Puts the nodes in their places, once. */
  build() {}

  /** @param {State} _state */
  update(_state) {}

  /** Says at once what is not said yet: the page goes away, or the session goes on. */
  flush() {}
}

/**
 * Asks the session for something, by the event `command`. The page adds `ref`, and `decision` where the command moves the session.
 * @param {Element} element
 * @param {{ type: Command["type"], [field: string]: unknown }} command
 * @param {(answer: Answer) => void} [answered]
 */
export function command(element, command, answered) {
  emit(element, "command", { ...command, answered });
}
