// Questions before the lesson: notes without a film, for everybody with a seat.

import { byId } from "../dom.js";
import { News } from "../news.js";
import { ask } from "../studio.js";
import { StudioNotes } from "../views/studio_notes.js";

/** @import { Desk } from "../note_board.js" */

const root = byId("questions", HTMLElement);
const path = `/sessions/${root.dataset["session"]}/questions`;

/** @implements {Desk} */
class SessionDesk extends EventTarget {
  path = path;
  person = root.dataset["person"] ?? "";
  use = /** @type {const} */ ("session");
  film = null;
  data = null;
  news = new News("/me/news");

  /** @param {string} where @param {{ method?: string, body?: unknown }} [options] */
  ask(where, options) {
    return ask(where === "/notes" ? `${path}/all` : `${path}${where.slice("/notes".length)}`, options);
  }

  setTicks() {}

  typing() {}
}

byId("studio-notes", StudioNotes).connect(new SessionDesk());
