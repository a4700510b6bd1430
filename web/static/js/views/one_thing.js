// The one thing that the teacher is trying, on top of everything.

import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */

/** @extends {ViewElement<null>} */
export class OneThing extends ViewElement {
  /** @param {Studio} _studio */
  connect(_studio) {}
}

customElements.define("one-thing", OneThing);
