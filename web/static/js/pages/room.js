// The room: brings connection, media and views together. Decides nothing about the session and draws nothing itself.

import { Announcer } from "../announcer.js";
import { Clock } from "../clock.js";
import { DeviceReport } from "../device_report.js";
import { byId, setAttribute, show } from "../dom.js";
import { Media } from "../media.js";
import { countdownOf, may, situationOf } from "../reading.js";
import { reloadOnce } from "../reload.js";
import { OUTDATED, Signaling } from "../signaling.js";
import { Ticker } from "../ticker.js";
import * as words from "../words.js";
import { CostQuestion } from "../views/cost_question.js";
import { DeviceSettings } from "../views/device_settings.js";
import { RoomFaces } from "../views/faces.js";
import { RoomForm } from "../views/form.js";
import { chatOpensByItself, hasChat, layoutOf, stripBeside } from "../views/layout.js";
import { RoomNotices } from "../views/notices.js";
import { newsOf } from "../views/news.js";
import { RoomNow } from "../views/now.js";
import { OwnLine } from "../views/own_line.js";
import { aloudOf, sentenceOf } from "../views/now_words.js";
import { SmallWindow, canFloat } from "../views/small_window.js";
import { OwnMedia } from "./room_media.js";
import { RoomLines } from "./room_lines.js";
import { RoomReach } from "./room_reach.js";
import { OwnScreen, canShare } from "./room_screen.js";
import { VIEWS } from "./room_views.js";

/** @import { View } from "../protocol.js" */
/** @import { Answer, Command } from "../signaling.js" */
/** @import { Writing } from "../views/field_card.js" */
/** @import { Look, RoomState } from "./room_views.js" */

/** Commands that mean the session as it was on the screen. */
const MOVES = new Set(
  "advance start_lesson end_turn ready add_time hold resume take_back back pass_turn add_turn teach_later go_without restart_lesson".split(" "),
);
/** When all is quiet, what is only needed at the end is fetched. Not by all at once. */
const QUIET_MS = 15_000 + 15_000 * Math.random();
const WIDE = matchMedia("(min-width: 60rem)");
const room = byId("room", HTMLElement);
const TOGETHER = room.dataset["together"] !== undefined;
const now = byId("now", RoomNow);
const notices = byId("notices", RoomNotices);
const faces = byId("faces", RoomFaces);
const settings = byId("device-settings", DeviceSettings);
const panel = byId("panel", HTMLElement);
const ended = byId("ended", HTMLElement);
const form = byId("form", RoomForm);
const costQuestion = byId("costs", CostQuestion);

class RoomPage {
  /** @type {View | null} */
  #view = null;
  /** @type {Look} */
  #look = { chat: null, ownPicture: true };
  #soundBlocked = false;
  #announcer = new Announcer();
  #clock = new Clock();
  #signaling = new Signaling(`${location.origin.replace(/^http/, "ws")}/sessions/${room.dataset["session"]}/socket`, this.#clock);
  #media = new Media((message) => this.#signaling.send(message));
  #lines = new RoomLines(this.#media, this.#signaling);
  #reach = new RoomReach(this.#media, this.#signaling);
  #own = new OwnMedia(this.#media);
  #screen = new OwnScreen(this.#media);
  #report = new DeviceReport();
  #smallWindow = new SmallWindow();
  #ticker = new Ticker(() => this.#tick());

  constructor() {
    Object.defineProperty(window, "microteach", { value: Object.freeze({ media: this.#media, signaling: this.#signaling, clock: this.#clock }) });
    this.#listenToServer();
    this.#listenToPerson();
    this.#listenToDevice();
    this.#signaling.start();
    void this.#own.open();
  }

  #listenToServer() {
    this.#signaling.addEventListener("view", (event) => this.#show(detailOf(event)));
    this.#signaling.addEventListener("message", (event) => this.#media.receive(detailOf(event)));
    this.#signaling.addEventListener("refused", (event) => this.#explain(detailOf(event).code, detailOf(event).message));
    this.#signaling.addEventListener("condition", () => {
      const condition = this.#signaling.condition;
      if (condition === "open") this.#media.signalingOpen();
      else this.#media.signalingAway();
      if (condition === "replaced") this.#own.close();
      this.#draw();
    });
    for (const type of ["streams", "condition"]) this.#media.addEventListener(type, () => this.#draw());
    for (const type of ["doubt", "relief"]) this.#media.addEventListener(type, () => this.#signaling.hurry());
    this.#own.addEventListener("change", () => this.#draw());
    this.#lines.addEventListener("change", () => this.#draw());
    this.#lines.addEventListener("camera-off-suggested", (event) => {
      byId("own-line", OwnLine).suggest(detailOf(event));
      this.#draw();
    });
    this.#reach.addEventListener("change", () => this.#draw());
    this.#screen.addEventListener("share", (event) => void this.#shareScreen(detailOf(event)));
    this.#screen.addEventListener("failed", () => notices.toast(words.teaching.slides.shareFailed));
    this.#own.addEventListener("problem", (event) => notices.toast(words.devices.problem[/** @type {keyof typeof words.devices.problem} */ (detailOf(event))]));
  }

  #listenToPerson() {
    room.addEventListener("command", (event) => void this.#do(detailOf(event)));
    room.addEventListener("untap", (event) => void this.#command({ type: "untap", moment: detailOf(event) }));
    room.addEventListener("choose", (event) => void this.#command({ type: "choose_recording", choice: detailOf(event) }));
    room.addEventListener("stamp", (event) => form.begin(detailOf(event).field, detailOf(event).text));
    room.addEventListener("write", (event) => void this.#write(detailOf(event)));
    room.addEventListener("toggle", (event) => this.#own.toggle(detailOf(event)));
    room.addEventListener("open-settings", () => void settings.open());
    room.addEventListener("choose-device", (event) => void this.#own.choose(detailOf(event)));
    room.addEventListener("share-sound", (event) => {
      this.#report.share(detailOf(event));
      this.#draw();
    });
    room.addEventListener("share", (event) => (detailOf(event) ? void this.#screen.start() : this.#screen.stop()));
    room.addEventListener("small-window", () => void this.#smallWindow.open().then(() => this.#draw()));
    room.addEventListener("look", (event) => this.#setLook(detailOf(event)));
    room.addEventListener("arrived", () => this.#draw());
    room.addEventListener("say", (event) => notices.toast(detailOf(event)));
    room.addEventListener("sound-blocked", () => this.#setSoundBlocked(true));
    room.addEventListener("hear", () => {
      this.#setSoundBlocked(false);
      faces.play();
    });
    room.addEventListener("take-over", () => {
      this.#signaling.start();
      void this.#own.open();
    });
  }

  #listenToDevice() {
    window.addEventListener("online", () => this.#signaling.hurry());
    window.addEventListener("pagehide", flush);
    WIDE.addEventListener("change", () => this.#draw());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") return flush();
      this.#tick();
      this.#signaling.hurry();
      this.#media.lookClosely();
      void keepAwake(this.#view?.phase.part !== "ended");
    });
  }

  /** @param {View} view */
  #show(view) {
    const moved = this.#view?.phase.decision !== view.phase.decision;
    if (moved) {
      flush();
      panel.scrollTop = 0;
      this.#look = { ...this.#look, chat: null };
      costQuestion.withdraw();
    }
    if (this.#view === null) setTimeout(() => VIEWS.forEach((piece) => piece.fetch()), QUIET_MS);
    const news = newsOf(this.#view, view);
    if (news) notices.toast(news);
    this.#view = view;
    this.#screen.follow(view);
    this.#media.showLarge(view.you.sends_large);
    this.#announcer.changed(view, aloudOf(view));
    this.#draw();
    if (moved) void keepAwake(view.phase.part !== "ended");
    if (moved && view.phase.part === "ended") this.#own.close();
  }

  /** @param {View} view @returns {RoomState} */
  #state(view) {
    const microphone = this.#microphone(view);
    return {
      view,
      situation: situationOf(view),
      clock: this.#clock,
      now: this.#clock.now(),
      streams: this.#media.streams,
      screens: this.#media.screens,
      lines: this.#lines.now,
      local: this.#own.local,
      own: { microphone, camera: this.#own.state("camera") },
      canShare,
      canFloat,
      together: TOGETHER,
      look: { ...this.#look, chat: hasChat(view) && (this.#look.chat ?? (WIDE.matches && chatOpensByItself(view))) },
    };
  }

  /** @param {View} view @returns {import("./room_media.js").Switch} */
  #microphone(view) {
    const own = this.#own.state("microphone");
    if (this.#report.sharedWith(view) !== null) return "shared";
    const unheard = !view.floor.speakers.includes(view.you.seat) || situationOf(view) === "own_time";
    return own === "on" && unheard ? "rests" : own;
  }

  #draw() {
    const focused = document.activeElement;
    this.#drawNotices();
    if (!this.#view) return;
    const state = this.#state(this.#view);
    this.#ticker.next(countdownOf(state.view, state.now));
    for (const { draw } of VIEWS) draw(state);
    this.#arrange(state);
    this.#smallWindow.render(state);
    this.#reportDevices(state.view);
    document.title = `${sentenceOf(state.view)} – ${state.view.title}`;
    if (focused !== null && focused !== document.body && !focused.checkVisibility()) now.focusSentence();
  }

  /** @param {RoomState} state */
  #arrange({ view, situation, look, together }) {
    show(ended, situation === "ended");
    const { main, second } = layoutOf(view, together);
    const filled = [...panel.children].some((child) => child instanceof HTMLElement && !child.hidden);
    setAttribute(room, "data-main", main);
    setAttribute(room, "data-second", second);
    setAttribute(room, "data-panel", main !== "panel" && filled);
    setAttribute(room, "data-chat", look.chat);
    setAttribute(room, "data-strip", stripBeside(view));
    setAttribute(room, "data-situation", situation);
    setAttribute(room, "data-role", view.you.role);
    setAttribute(room, "data-leads", view.you.leads);
    setAttribute(room, "data-divided", view.lane !== null);
    setAttribute(room, "data-ready", true);
    setAttribute(room, "aria-busy", "false");
  }

  #drawNotices() {
    const condition = this.#signaling.condition;
    const lost = this.#view !== null && (condition === "away" || condition === "connecting");
    const media = this.#media.condition === "restoring" && !this.#reach.blocked ? words.connection.media : "";
    const connection = lost ? words.connection.away : media;
    notices.render({ connection, replaced: condition === "replaced", soundBlocked: this.#soundBlocked, announcement: this.#announcer.text });
  }

  #tick() {
    if (!this.#view) return;
    const state = this.#state(this.#view);
    this.#ticker.next(countdownOf(state.view, state.now));
    for (const { ticks, draw } of VIEWS) if (ticks) draw(state);
    this.#smallWindow.render(state);
    if (this.#announcer.tick(state.view, state.now)) this.#drawNotices();
  }

  /** @param {View} view */
  #reportDevices(view) {
    this.#own.hush(this.#report.sharedWith(view) !== null);
    if (!this.#own.settled || !may(view, "set_devices")) return;
    const due = this.#report.due(view, this.#own.state("microphone"), this.#own.state("camera"));
    if (due) void this.#command(due).then((answer) => this.#report.answered(due, answer.accepted));
  }

  /** @param {boolean} on */
  async #shareScreen(on) {
    const answer = await this.#command({ type: "share_screen", on });
    if (!answer.accepted && on) this.#screen.refused();
  }

  /** @param {{ type: Command["type"], answered?: (answer: Answer) => void, [field: string]: unknown }} wish */
  async #do({ answered, ...wish }) {
    if (!this.#view) return;
    const moves = MOVES.has(wish.type);
    if (moves) flush();
    const command = /** @type {Command} */ (/** @type {unknown} */ (moves ? { decision: this.#view.phase.decision, ...wish } : wish));
    const answer = await this.#agreed(command);
    answered?.(answer);
  }

  /** What would take minutes from somebody is asked again with the person's yes. @param {Command} command @returns {Promise<Answer>} */
  async #agreed(command) {
    const answer = await this.#signaling.command(command);
    if (answer.accepted || !answer.costs) return this.#explained(answer);
    if (!(await costQuestion.ask(answer.costs))) return answer;
    return this.#command(/** @type {Command} */ ({ ...command, agreed: true }));
  }

  /** @param {Command} command @returns {Promise<Answer>} */
  async #command(command) {
    return this.#explained(await this.#signaling.command(command));
  }

  /** @param {Answer} answer */
  #explained(answer) {
    if (!answer.accepted) this.#explain(answer.code, answer.message);
    return answer;
  }

  /** @param {Writing} writing */
  async #write({ form, round, field, text, done }) {
    done(this.#signaling.condition === "open" ? "keeping" : "waiting");
    const answer = await this.#command({ type: "write", form, round, field, text });
    done(answer.accepted ? "kept" : answer.code === "not_saved" ? "failed" : "refused");
  }

  /**
   * @param {string} code
   * @param {string} message
   */
  #explain(code, message) {
    if (code === "stale_decision") return this.#draw();
    // what was written and has not arrived would be lost: then its writer hears what to do instead
    if (code === "other_protocol" && !this.#signaling.holdsWords && reloadOnce()) return;
    notices.toast(code === OUTDATED ? words.connection.outdated : message || words.connection.failed);
  }

  /** @param {Partial<Look>} look */
  #setLook(look) {
    this.#look = { ...this.#look, ...look };
    this.#draw();
  }

  /** @param {boolean} blocked */
  #setSoundBlocked(blocked) {
    this.#soundBlocked = blocked;
    this.#drawNotices();
  }
}

function flush() {
  for (const piece of VIEWS) piece.flush();
}

/** @param {Event} event @returns {any} */
function detailOf(event) {
  return event instanceof CustomEvent ? event.detail : undefined;
}

/** @param {boolean} awake */
async function keepAwake(awake) {
  if (!awake || document.visibilityState !== "visible") return;
  await navigator.wakeLock?.request("screen").catch(() => null);
}

new RoomPage();
