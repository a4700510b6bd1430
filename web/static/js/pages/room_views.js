// Which piece of the page draws what, from top to bottom: one line each. `shown` hides a piece that has nothing to say;
// `ticks` draws it four times a second, for what counts down.

import { byId, show } from "../dom.js";
import { may } from "../reading.js";
import { RoomActions } from "../views/actions.js";
import { RoomFaces } from "../views/faces.js";
import { RoomForm } from "../views/form.js";
import { RoomMoments } from "../views/moments.js";
import { RoomNow } from "../views/now.js";
import { OwnDevices } from "../views/own_devices.js";
import { RoomChoice, RoomEntries, RoomOrder, RoomTakes, entriesOf } from "../views/panel.js";

/** @import { View } from "../protocol.js" */
/** @import { Situation } from "../reading.js" */
/** @import { ViewElement } from "../views/view.js" */
/** @import { Own } from "./room_media.js" */

/** What the person has chosen for this page alone. @typedef {{ chat: boolean | null, ownPicture: boolean }} Look */
/**
 * @typedef {object} RoomState
 * @property {View} view
 * @property {Situation} situation
 * @property {number} now the server's clock, UTC ms
 * @property {ReadonlyMap<string, MediaStream>} streams what arrives from people, by seat
 * @property {MediaStream} local
 * @property {Own} own devices
 * @property {Look} look
 */
/** @typedef {{ shown?: (state: RoomState) => boolean, ticks?: boolean }} When */
/** @typedef {{ element: ViewElement<any>, ticks: boolean, draw: (state: RoomState) => void }} Drawn */

/** @type {readonly Drawn[]} */
export const VIEWS = [
  drawn("now", RoomNow, (state) => state, { ticks: true }),
  drawn("faces", RoomFaces, (state) => state),
  drawn("devices", OwnDevices, (state) => state.own),
  drawn("moments", RoomMoments, (state) => state, { ticks: true }),
  drawn("actions", RoomActions, (state) => state.view),
  drawn("form", RoomForm, (state) => state.view, { shown: ({ view }) => view.form !== null }),
  drawn("order", RoomOrder, (state) => state.view, { shown: ({ situation }) => situation === "before" }),
  drawn("choice", RoomChoice, (state) => state.view, { shown: ({ view, situation }) => situation === "before" && may(view, "choose_recording") }),
  drawn("takes", RoomTakes, (state) => state.view, {
    shown: ({ view, situation }) => situation !== "lesson" && view.takes.some((take) => take.state !== "recording"),
  }),
  drawn("entries", RoomEntries, (state) => state.view, { shown: ({ view }) => entriesOf(view).length > 0 }),
];

/**
 * @template State
 * @param {string} id
 * @param {new () => ViewElement<State>} kind
 * @param {(state: RoomState) => State} of what of the state this piece is given
 * @param {When} [when]
 * @returns {Drawn}
 */
function drawn(id, kind, of, { shown, ticks = false } = {}) {
  const element = byId(id, kind);
  const draw = (/** @type {RoomState} */ state) => {
    element.render(of(state));
    if (shown) show(element, shown(state));
  };
  return { element, ticks, draw };
}
