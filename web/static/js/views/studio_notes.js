// Notes at moments, by everybody who may watch: writing them, reading them.

import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */

/** @extends {ViewElement<null>} */
export class StudioNotes extends ViewElement {
  /** @param {Studio} _studio */
  connect(_studio) {}
}

customElements.define("studio-notes", StudioNotes);
