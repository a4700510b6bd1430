// The teacher's own view first: guided questions against her own goals.

import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */

/** @extends {ViewElement<null>} */
export class OwnView extends ViewElement {
  /** @param {Studio} _studio */
  connect(_studio) {}
}

customElements.define("own-view", OwnView);
