// Where teacher, colleagues and consultant point at the same place.

import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */

/** @extends {ViewElement<null>} */
export class AgreementLine extends ViewElement {
  /** @param {Studio} _studio */
  connect(_studio) {}
}

customElements.define("agreement-line", AgreementLine);
