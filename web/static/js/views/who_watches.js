// Who may watch this recording, who has opened it, and how that ends.

import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */

/** @extends {ViewElement<null>} */
export class WhoWatches extends ViewElement {
  /** @param {Studio} _studio */
  connect(_studio) {}
}

customElements.define("who-watches", WhoWatches);
