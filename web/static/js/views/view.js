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
}
