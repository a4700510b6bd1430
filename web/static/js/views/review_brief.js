// What a consultant was asked, above the film; for the consultant.

import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */

/** @extends {ViewElement<null>} */
export class ReviewBrief extends ViewElement {
  /** @param {Studio} _studio */
  connect(_studio) {}
}

customElements.define("review-brief", ReviewBrief);
