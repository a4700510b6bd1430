// A consultant's summary until it is sent; for the consultant.

import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */

/** @extends {ViewElement<null>} */
export class ReviewWriting extends ViewElement {
  /** @param {Studio} _studio */
  connect(_studio) {}
}

customElements.define("review-writing", ReviewWriting);
