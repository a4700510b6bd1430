// Asking a consultant, and what has become of it; for the teacher.

import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */

/** @extends {ViewElement<null>} */
export class AskedReviews extends ViewElement {
  /** @param {Studio} _studio */
  connect(_studio) {}
}

customElements.define("asked-reviews", AskedReviews);
