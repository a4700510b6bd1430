// The room: brings connection, media and views together. Decides nothing about the session.

import { Clock } from "../clock.js";
import { openDevices, rememberedDevices } from "../devices.js";
import { byId, setAttribute, show } from "../dom.js";
import { Media } from "../media.js";
import { may, situationOf } from "../reading.js";
import { OUTDATED, Signaling } from "../signaling.js";
import * as words from "../words.js";
import { RoomActions } from "../views/actions.js";
import { RoomFaces } from "../views/faces.js";
import { RoomForm } from "../views/form.js";
import { RoomMoments } from "../views/moments.js";
import { RoomNotices } from "../views/notices.js";
import { RoomNow, sentenceOf } from "../views/now.js";
import { OwnDevices } from "../views/own_devices.js";
import { RoomChoice, RoomEntries, RoomOrder, RoomTakes, entriesOf } from "../views/panel.js";

/** @import { View } from "../protocol.js" */
/** @import { Answer, Command } from "../signaling.js" */
/** @import { Writing } from "../views/form.js" */

const TICK_MS = 250;
const room = byId("room", HTMLElement);
const parts = {
  now: byId("now", RoomNow),
  notices: byId("notices", RoomNotices),
  faces: byId("faces", RoomFaces),
  panel: byId("panel", HTMLElement),
  order: byId("order", RoomOrder),
  choice: byId("choice", RoomChoice),
  form: byId("form", RoomForm),
  entries: byId("entries", RoomEntries),
  takes: byId("takes", RoomTakes),
  ended: byId("ended", HTMLElement),
  moments: byId("moments", RoomMoments),
  devices: byId("devices", OwnDevices),
  actions: byId("actions", RoomActions),
};

class RoomPage {
  /** @type {View | null} */
  #view = null;
  #local = new MediaStream();
  #openings = 0;
  /** Kinds of track that the person has switched off; new devices come switched off too. @type {Set<string>} */
  #off = new Set();
  #soundBlocked = false;
  #announced = { key: "", text: "" };
  /** @type {Set<number>} */
  #warned = new Set();
  #clock = new Clock();
  #signaling = new Signaling(`${location.origin.replace(/^http/, "ws")}/sessions/${room.dataset["session"]}/socket`, this.#clock);
  #media = new Media((message) => this.#signaling.send(message));

  constructor() {
    Object.defineProperty(window, "microteach", { value: Object.freeze({ media: this.#media, signaling: this.#signaling, clock: this.#clock }) });
    this.#listenToServer();
    this.#listenToPerson();
    setInterval(() => this.#tick(), TICK_MS);
    this.#media.useLocal(this.#local);
    this.#signaling.start();
    void this.#openDevices();
  }

  #listenToServer() {
    this.#signaling.addEventListener("view", (event) => this.#show(detailOf(event)));
    this.#signaling.addEventListener("message", (event) => this.#media.receive(detailOf(event)));
    this.#signaling.addEventListener("refused", (event) => this.#explain(detailOf(event).code, detailOf(event).message));
    this.#signaling.addEventListener("condition", () => {
      const condition = this.#signaling.condition;
      if (condition === "open") this.#media.signalingOpen();
      else this.#media.signalingAway();
      if (condition === "replaced") this.#closeMedia();
      this.#draw();
    });
    this.#media.addEventListener("streams", () => this.#draw());
    this.#media.addEventListener("condition", () => this.#draw());
    window.addEventListener("online", () => this.#signaling.hurry());
  }

  #listenToPerson() {
    room.addEventListener("act", (event) => this.#act(detailOf(event)));
    room.addEventListener("tap", (event) => void this.#command({ type: "tap", ...detailOf(event) }));
    room.addEventListener("untap", (event) => void this.#command({ type: "untap", moment: detailOf(event) }));
    room.addEventListener("choose", (event) => void this.#command({ type: "choose_recording", choice: detailOf(event) }));
    room.addEventListener("write", (event) => void this.#write(detailOf(event)));
    room.addEventListener("toggle", (event) => this.#toggleDevice(detailOf(event)));
    room.addEventListener("sound-blocked", () => this.#setSoundBlocked(true));
    room.addEventListener("hear", () => {
      this.#setSoundBlocked(false);
      parts.faces.play();
    });
    room.addEventListener("take-over", () => {
      this.#signaling.start();
      void this.#openDevices();
    });
    window.addEventListener("pagehide", () => parts.form.flush());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") parts.form.flush();
      else this.#signaling.hurry();
    });
  }

  async #openDevices() {
    const attempt = ++this.#openings;
    const { stream, problem } = await openDevices(rememberedDevices());
    if (attempt !== this.#openings) return stream.getTracks().forEach((track) => track.stop());
    for (const track of stream.getTracks()) track.enabled = !this.#off.has(track.kind);
    for (const track of this.#local.getTracks()) track.stop();
    this.#local = stream;
    if (this.#view?.phase.part === "ended" || this.#signaling.condition === "replaced") return this.#closeMedia();
    this.#media.useLocal(stream);
    if (problem) parts.notices.toast(words.devices.problem[problem]);
    for (const track of stream.getTracks()) track.addEventListener("ended", () => void this.#openDevices());
    this.#draw();
  }

  /** The camera's light goes out as well. */
  #closeMedia() {
    this.#media.close();
    for (const track of this.#local.getTracks()) track.stop();
    this.#local = new MediaStream();
  }

  /** @param {View} view */
  #show(view) {
    const moved = this.#view?.phase.decision !== view.phase.decision;
    if (moved) {
      parts.form.flush();
      this.#warned.clear();
      parts.panel.scrollTop = 0;
    }
    this.#view = view;
    this.#announce(view);
    this.#draw();
    if (moved) void keepAwake(view.phase.part !== "ended");
    if (moved && view.phase.part === "ended") this.#closeMedia();
  }

  #microphone() {
    const own = switchOf(this.#local.getAudioTracks());
    const heard = this.#view === null || this.#view.floor.speakers.includes(this.#view.you.seat);
    return own === "on" && !heard ? "rests" : own;
  }

  #draw() {
    const view = this.#view;
    const focused = document.activeElement;
    parts.notices.render(this.#noticesNow());
    parts.devices.render({ microphone: this.#microphone(), camera: switchOf(this.#local.getVideoTracks()) });
    if (!view) return;
    const situation = situationOf(view);
    const now = this.#clock.now();
    parts.now.render({ view, now });
    parts.faces.render({ view, streams: this.#media.streams, local: this.#local });
    parts.moments.render({ view, now });
    parts.actions.render(view);
    this.#drawPanel(view);
    setAttribute(room, "data-situation", situation);
    setAttribute(room, "data-role", view.you.role);
    setAttribute(room, "data-ready", true);
    setAttribute(room, "aria-busy", "false");
    document.title = `${sentenceOf(view)} – ${view.title}`;
    if (focused !== null && focused !== document.body && !focused.checkVisibility()) parts.now.focusSentence();
  }

  /** @param {View} view */
  #drawPanel(view) {
    const situation = situationOf(view);
    parts.form.render(view);
    parts.order.render(view);
    parts.choice.render(view);
    parts.takes.render(view);
    parts.entries.render(view);
    show(parts.order, situation === "before");
    show(parts.choice, situation === "before" && may(view, "choose_recording"));
    show(parts.form, view.form !== null);
    show(parts.entries, entriesOf(view).length > 0);
    show(parts.takes, situation !== "lesson" && view.takes.some((take) => take.state !== "recording"));
    show(parts.ended, situation === "ended");
    const filled = [...parts.panel.children].some((child) => child instanceof HTMLElement && !child.hidden);
    const layout = situation === "writing" || situation === "ended" ? "panel" : filled ? "both" : "faces";
    setAttribute(room, "data-layout", layout);
  }

  #tick() {
    if (!this.#view) return;
    const state = { view: this.#view, now: this.#clock.now() };
    parts.now.render(state);
    parts.moments.render(state);
    this.#warn(state.view, state.now);
  }

  /** Says aloud what has changed, once. @param {View} view */
  #announce(view) {
    const key = [view.phase.decision, view.phase.status, view.floor.turn, view.recording.on].join();
    if (key === this.#announced.key) return;
    this.#announced = { key, text: sentenceOf(view) };
  }

  /**
   * @param {View} view
   * @param {number} now
   */
  #warn(view, now) {
    const { ends_ms, warn_s, status } = view.phase;
    if (ends_ms === null || status !== "running") return;
    const left_s = (ends_ms - now) / 1000;
    const due = warn_s.filter((seconds) => left_s <= seconds && left_s > seconds - 2 && !this.#warned.has(seconds));
    for (const seconds of due) {
      this.#warned.add(seconds);
      this.#announced.text = words.timeLeft(seconds * 1000);
      this.#draw();
    }
  }

  #noticesNow() {
    const condition = this.#signaling.condition;
    const lost = this.#view !== null && (condition === "away" || condition === "connecting");
    const media = this.#media.condition === "restoring" ? words.connection.media : "";
    return {
      connection: lost ? words.connection.away : media,
      replaced: condition === "replaced",
      soundBlocked: this.#soundBlocked,
      announcement: this.#announced.text,
    };
  }

  /** @param {import("../views/actions.js").ActionName} name */
  #act(name) {
    if (!this.#view) return;
    parts.form.flush();
    const decision = this.#view.phase.decision;
    if (name === "ready" || name === "not_ready") void this.#command({ type: "ready", decision, ready: name === "ready" });
    else void this.#command({ type: name, decision });
  }

  /** @param {Command} command @returns {Promise<Answer>} */
  async #command(command) {
    const answer = await this.#signaling.command(command);
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
    parts.notices.toast(code === OUTDATED ? words.connection.outdated : message || words.connection.failed);
  }

  /** @param {import("../views/own_devices.js").Device} device */
  #toggleDevice(device) {
    const tracks = device === "microphone" ? this.#local.getAudioTracks() : this.#local.getVideoTracks();
    for (const track of tracks) {
      track.enabled = !track.enabled;
      if (track.enabled) this.#off.delete(track.kind);
      else this.#off.add(track.kind);
    }
    if (tracks.length === 0) void this.#addDevice(device);
    this.#draw();
  }

  /** @param {import("../views/own_devices.js").Device} device */
  async #addDevice(device) {
    const only = device === "microphone" ? { camera: /** @type {const} */ (false), microphone: "" } : { camera: "", microphone: /** @type {const} */ (false) };
    const { stream, problem } = await openDevices(only);
    if (problem) return parts.notices.toast(words.devices.problem[problem]);
    this.#local = new MediaStream([...this.#local.getTracks(), ...stream.getTracks()]);
    this.#media.useLocal(this.#local);
    this.#draw();
  }

  /** @param {boolean} blocked */
  #setSoundBlocked(blocked) {
    this.#soundBlocked = blocked;
    this.#draw();
  }
}

/** @param {Event} event @returns {any} */
function detailOf(event) {
  return event instanceof CustomEvent ? event.detail : undefined;
}

/** @param {MediaStreamTrack[]} tracks */
function switchOf([track]) {
  return track === undefined ? "none" : track.enabled ? "on" : "off";
}

/** @param {boolean} awake */
async function keepAwake(awake) {
  if (!awake || document.visibilityState !== "visible") return;
  await navigator.wakeLock?.request("screen").catch(() => null);
}

new RoomPage();
