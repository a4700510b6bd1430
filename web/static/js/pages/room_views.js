// Which piece of the page draws what, from top to bottom: one line each. `shown` hides a piece that has nothing to say;
// `ticks` draws it four times a second, for what counts down. What nobody sees before the lesson is over is fetched `later`.

import { byId, emit, show } from "../dom.js";
import { may, nameOf } from "../reading.js";
import { hasOwnTime } from "../reading_lanes.js";
import { RoomActions } from "../views/actions.js";
import { AskBefore } from "../views/ask_before.js";
import { RoomChat } from "../views/chat.js";
import { RoomChoice } from "../views/choice.js";
import { RoomClaims, hasQuestions } from "../views/claims.js";
import { CountIn } from "../views/count_in.js";
import { RoomDesk } from "../views/desk.js";
import { DeviceSettings } from "../views/device_settings.js";
import { RoomFaces } from "../views/faces.js";
import { RoomForm } from "../views/form.js";
import { LeaderCard } from "../views/leader_card.js";
import { LessonCard, hasLessonCard } from "../views/lesson_card.js";
import { RoomMissing } from "../views/missing.js";
import { RoomMoments } from "../views/moments.js";
import { MyVoice } from "../views/my_voice.js";
import { RoomNow } from "../views/now.js";
import { RoomOrder } from "../views/order.js";
import { RoomOpinions, hasOpinions } from "../views/opinions.js";
import { OwnDevices } from "../views/own_devices.js";
import { OwnLine } from "../views/own_line.js";
import { RoomEntries, entriesOf, speaksUnwritten } from "../views/received.js";
import { SameRoom } from "../views/same_room.js";
import { SharedList, hasList } from "../views/shared_list.js";
import { OwnSlides, offersSlides } from "../views/slides.js";
import { RoomStage } from "../views/stage.js";
import { RoomStrip } from "../views/strip.js";
import { RoomTakes, showsTakes } from "../views/takes.js";
import { RoomTools } from "../views/tools.js";
import { TurnNotes, hasTurn } from "../views/turn.js";
import { WeakLines } from "../views/weak_lines.js";

/** @import { Clock } from "../clock.js" */
/** @import { Connections, View } from "../protocol.js" */
/** @import { Situation } from "../reading.js" */
/** @import { ViewElement } from "../views/view.js" */
/** @import { Own } from "./room_media.js" */

/** What the person has chosen for this page alone. @typedef {{ chat: boolean | null, ownPicture: boolean }} Look */
/**
 * @typedef {object} RoomState
 * @property {View} view
 * @property {Situation} situation
 * @property {Clock} clock the server's
 * @property {number} now UTC ms by it
 * @property {ReadonlyMap<string, MediaStream>} streams faces and voices that arrive, by seat
 * @property {ReadonlyMap<string, MediaStream>} screens screens and their sound
 * @property {Connections} lines how everybody's connection is
 * @property {MediaStream} local
 * @property {Own} own devices
 * @property {boolean} canShare whether this device can share a window
 * @property {boolean} canFloat whether it has windows that stay on top
 * @property {boolean} together whether there is a film that all watch together
 * @property {Look} look
 */
/** @typedef {{ shown?: (state: RoomState) => boolean, ticks?: boolean }} When */
/** `fetch`: gets now what is not needed yet. @typedef {{ ticks: boolean, draw: (state: RoomState) => void, flush: () => void, fetch: () => void }} Drawn */

const ASK_AGAIN_MS = 2_000;

/** @type {readonly Drawn[]} */
export const VIEWS = [
  drawn("now", RoomNow, (state) => state, { ticks: true }),
  drawn("stage", RoomStage, (state) => state),
  later("film-together", async () => (await import("../views/film_together.js")).FilmTogether, (state) => state, {
    shown: ({ together }) => together,
    only: true,
  }),
  drawn("faces", RoomFaces, (state) => state),
  drawn("chat", RoomChat, (state) => state),
  drawn("devices", OwnDevices, ({ view, own }) => ({ own, sharedWith: nameOf(view, ownPerson(view)?.shares ?? null) })),
  drawn("device-settings", DeviceSettings, (state) => state),
  drawn("own-line", OwnLine, (state) => state),
  drawn("same-room", SameRoom, (state) => state.view),
  drawn("tools", RoomTools, (state) => state),
  drawn("own-slides", OwnSlides, (state) => state, { shown: offersSlides }),
  drawn("count-in", CountIn, (state) => state, { ticks: true }),
  drawn("card", LeaderCard, (state) => state, { ticks: true }),
  drawn("moments", RoomMoments, (state) => state, { ticks: true }),
  drawn("actions", RoomActions, (state) => state.view),
  drawn("claims", RoomClaims, (state) => state.view, { shown: ({ view }) => hasQuestions(view) }),
  drawn("missing", RoomMissing, (state) => state.view, { shown: ({ view }) => view.missing !== null && view.you.leads }),
  drawn("strip", RoomStrip, (state) => state, { ticks: true, shown: ({ view, situation }) => view.you.leads && situation !== "before" && situation !== "ended" }),
  drawn("desk", RoomDesk, (state) => state, { shown: ({ view, situation }) => view.you.leads && !view.alone && situation === "before" }),
  later("own-time", async () => (await import("../views/own_time.js")).OwnTime, (state) => state, { ticks: true, shown: ({ view }) => hasOwnTime(view) }),
  drawn("opinions", RoomOpinions, (state) => state.view, { shown: ({ view }) => hasOpinions(view) }),
  drawn("shared-list", SharedList, (state) => state.view, { shown: ({ view }) => hasList(view) }),
  drawn("lesson-card", LessonCard, (state) => state.view, { shown: ({ view }) => hasLessonCard(view) }),
  drawn("turn-notes", TurnNotes, (state) => state, { ticks: true, shown: ({ view }) => hasTurn(view) }),
  drawn("form", RoomForm, (state) => state, { ticks: true, shown: ({ view }) => view.form !== null }),
  drawn("order", RoomOrder, (state) => state.view, { shown: ({ view, situation }) => !view.you.leads && situation === "before" }),
  drawn("choice", RoomChoice, (state) => state.view, { shown: ({ view }) => choosesRecording(view) }),
  drawn("ask-before", AskBefore, (state) => state.view, { shown: ({ view, situation }) => situation === "before" && !view.alone }),
  drawn("takes", RoomTakes, (state) => state.view, { shown: ({ view }) => showsTakes(view) }),
  drawn("my-voice", MyVoice, (state) => state.view),
  drawn("entries", RoomEntries, (state) => state.view, { shown: ({ view }) => entriesOf(view).length > 0 || speaksUnwritten(view) }),
  later("next-time", async () => (await import("../views/next_time.js")).NextTime, (state) => state, { shown: ({ view }) => meetsAgain(view) }),
  drawn("weak-lines", WeakLines, (state) => state),
  later("spent", async () => (await import("../views/spent.js")).RoomSpent, (state) => state.view, {
    shown: ({ view, situation }) => situation === "ended" && view.you.leads && !view.alone,
  }),
];

/** @param {View} view */
function meetsAgain(view) {
  return !view.alone && ["closing", "ended"].includes(view.phase.part) && (view.next_time !== null || may(view, "plan_next"));
}

/** A talk that is recorded only if all want it can become so at any time. @param {View} view */
function choosesRecording(view) {
  return may(view, "choose_recording") && (view.phase.part === "before" || (view.recording.if_all && view.phase.part === "round"));
}

/** @param {View} view */
function ownPerson(view) {
  return view.people.find((person) => person.seat === view.you.seat);
}

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
  return { ticks, draw, flush: () => element.flush(), fetch: () => {} };
}

/**
 * Fetches the piece when it has something to say, and then says so by the event `arrived`. `only`: not before, because most never need it.
 * @template State
 * @param {string} id
 * @param {() => Promise<new () => ViewElement<State>>} load
 * @param {(state: RoomState) => State} of
 * @param {{ shown: (state: RoomState) => boolean, ticks?: boolean, only?: boolean }} when
 * @returns {Drawn}
 */
function later(id, load, of, { shown, ticks = false, only = false }) {
  const place = byId(id, HTMLElement);
  /** @type {Drawn | null} */
  let piece = null;
  let fetching = false;
  const fetch = async () => {
    if (piece || fetching) return;
    fetching = true;
    const kind = await load().catch(() => null);
    fetching = false;
    if (kind) piece = drawn(id, kind, of, { shown, ticks });
    if (kind) emit(place, "arrived");
    else setTimeout(() => emit(place, "arrived"), ASK_AGAIN_MS);
  };
  const draw = (/** @type {RoomState} */ state) => {
    if (piece) piece.draw(state);
    else if (shown(state)) void fetch();
  };
  return { ticks, draw, flush: () => piece?.flush(), fetch: () => void (only || fetch()) };
}
