// One connection to the session that comes back by itself. Owns the socket and the commands that wait for their answer.
// A command is answered exactly once, whatever happens to the connection. Knows nothing of pages or media.

import { Clock } from "./clock.js";
import { serverAnswers } from "./knock.js";

/** @import { FromPage, ToPage, Welcome, View, Costs, Error as Refusal } from "./protocol.js" */

/** @typedef {Extract<FromPage, { ref: number }>} AnyCommand */
/**
 * @template T
 * @typedef {T extends unknown ? Omit<T, "ref"> : never} WithoutRef
 */
/** @typedef {WithoutRef<AnyCommand>} Command */
/** @typedef {{ accepted: true } | { accepted: false, code: string, message: string, costs?: Costs | null }} Answer `costs`: what it would take from others */
/** @typedef {{ command: AnyCommand, sent: boolean, answer: (answer: Answer) => void }} Pending */
/**
 * @typedef {{ name: "idle" }
 *   | { name: "connecting", socket: WebSocket, helloMs: number, beganMs: number, attempt: number }
 *   | { name: "open", socket: WebSocket, heardMs: number, pings: number, timer: number }
 *   | { name: "away", ended: AbortController, attempt: number }
 *   | { name: "replaced" }} State
 */
/** @typedef {"idle" | "connecting" | "open" | "away" | "replaced"} Condition */

/** Answer to a command that was not sent, because the session had gone on meanwhile. */
export const OUTDATED = "outdated";

const PROTOCOL = 1;
const QUICK_PINGS = 5;
const QUICK_PING_MS = 2_000;
const PING_MS = 10_000;
const SILENCE_MS = 6_000;
const HURRIED_SILENCE_MS = 1_800;
const JUMP_WATCH_MS = 500;
const OPEN_MS = 3_000;
const WELCOME_MS = 8_000;
const STUCK_MS = 1_000;
const BACKOFF_MS = { least: 200, most: 3_000 };

/**
 * Events: `view` (View), `message` (ToPage, what concerns media), `condition` (Condition), `refused` (Refusal).
 */
export class Signaling extends EventTarget {
  /** @type {State} */
  #state = { name: "idle" };
  /** @type {Map<number, Pending>} */
  #pending = new Map();
  #lastRef = 0;
  #url;
  #clock;

  /**
   * @param {string} url of the socket
   * @param {Clock} clock
   */
  constructor(url, clock) {
    super();
    this.#url = url;
    this.#clock = clock;
    setInterval(() => this.#watchClock(), JUMP_WATCH_MS);
  }

  /** @returns {Condition} */
  get condition() {
    return this.#state.name;
  }

  /** Whether somebody has written something that the server has not acknowledged. */
  get holdsWords() {
    return [...this.#pending.values()].some(({ command }) => command.type === "write" || command.type === "chat");
  }

  /** Opens the connection, also after another window has taken the seat. */
  start() {
    if (this.#state.name === "idle" || this.#state.name === "replaced") this.#connect(0);
  }

  /** Tries at once instead of waiting, for instance because the device is online again; an open connection must show that it is. */
  hurry() {
    const state = this.#state;
    if (state.name === "open") return this.#probe(state, HURRIED_SILENCE_MS);
    const stuck = state.name === "connecting" && this.#clock.localNow() - state.beganMs > STUCK_MS;
    if (state.name === "away" || stuck) void this.#comeBack(0, 0);
    if (stuck) state.socket.close();
  }

  /**
   * Sends a message that has no answer by reference; it is lost when there is no connection.
   * @param {FromPage} message
   * @returns {boolean} whether it was sent
   */
  send(message) {
    if (this.#state.name !== "open") return false;
    this.#state.socket.send(JSON.stringify(message));
    return true;
  }

  /**
   * Sends a command now or as soon as there is a connection.
   * @param {Command} command
   * @returns {Promise<Answer>} once the server has said what became of it
   */
  command(command) {
    const withRef = /** @type {AnyCommand} */ ({ ...command, ref: ++this.#lastRef });
    this.#dropOlderText(withRef);
    return new Promise((answer) => {
      const pending = { command: withRef, sent: this.send(withRef), answer };
      this.#pending.set(withRef.ref, pending);
    });
  }

  /** @param {number} attempt */
  #connect(attempt) {
    const socket = new WebSocket(this.#url);
    const now = this.#clock.localNow();
    this.#enter({ name: "connecting", socket, helloMs: now, beganMs: now, attempt });
    let deadline = setTimeout(() => this.#lost(socket), OPEN_MS);
    socket.addEventListener("open", () => {
      if (this.#state.name !== "connecting" || this.#state.socket !== socket) return;
      clearTimeout(deadline);
      deadline = setTimeout(() => this.#lost(socket), WELCOME_MS);
      this.#state.helloMs = this.#clock.localNow();
      socket.send(JSON.stringify({ type: "hello", protocol: PROTOCOL }));
    });
    socket.addEventListener("message", (event) => {
      clearTimeout(deadline);
      this.#receive(socket, JSON.parse(event.data));
    });
    socket.addEventListener("close", () => {
      clearTimeout(deadline);
      this.#lost(socket);
    });
  }

  /**
   * @param {WebSocket} socket
   * @param {ToPage} message
   */
  #receive(socket, message) {
    const state = this.#state;
    if ((state.name !== "open" && state.name !== "connecting") || state.socket !== socket) return;
    if (state.name === "open") state.heardMs = this.#clock.localNow();
    switch (message.type) {
      case "welcome":
        return this.#welcomed(socket, message);
      case "changed":
        return this.#emit("view", message.view);
      case "pong":
        return this.#clock.learn(message.sent_ms, message.now_ms);
      case "accepted":
        return this.#settle(message.ref, { accepted: true });
      case "error":
        return this.#refused(message);
      case "leaving":
        return message.reason === "replaced" ? this.#replaced(socket) : socket.close();
      default:
        this.#emit("message", message);
    }
  }

  /**
   * @param {WebSocket} socket
   * @param {Welcome} message
   */
  #welcomed(socket, message) {
    if (this.#state.name === "connecting") this.#clock.learn(this.#state.helloMs, message.now_ms);
    this.#enter({ name: "open", socket, heardMs: this.#clock.localNow(), pings: 0, timer: 0 });
    this.#emit("view", message.view);
    this.#resend(message.view);
    this.#ping(socket);
  }

  /**
   * What is right at any time is said again; what meant one moment of the session is not said about another.
   * @param {View} view
   */
  #resend(view) {
    for (const pending of [...this.#pending.values()]) {
      const command = pending.command;
      if ("decision" in command && command.decision !== view.phase.decision) {
        this.#settle(command.ref, { accepted: false, code: OUTDATED, message: "" });
      } else {
        pending.sent = this.send(command);
      }
    }
  }

  #watchClock() {
    if (this.#clock.jumped() && this.#state.name === "open") this.#probe(this.#state);
  }

  /**
   * @param {Extract<State, { name: "open" }>} state
   * @param {number} silenceMs
   */
  #probe(state, silenceMs = SILENCE_MS) {
    clearTimeout(state.timer);
    state.pings = 0;
    this.#ping(state.socket, silenceMs);
  }

  /**
   * @param {WebSocket} socket
   * @param {number} silenceMs after which it is given up
   */
  #ping(socket, silenceMs = SILENCE_MS) {
    const state = this.#state;
    if (state.name !== "open" || state.socket !== socket) return;
    const sentMs = this.#clock.localNow();
    this.send({ type: "ping", sent_ms: sentMs });
    state.pings += 1;
    const pause = state.pings < QUICK_PINGS ? Math.min(QUICK_PING_MS, silenceMs) : PING_MS;
    state.timer = setTimeout(() => {
      if (state.heardMs < sentMs && this.#clock.localNow() - state.heardMs >= silenceMs) this.#lost(socket);
      else this.#ping(socket);
    }, pause);
  }

  /** @param {Refusal} error */
  #refused(error) {
    const answer = { accepted: /** @type {false} */ (false), code: error.code, message: error.message, costs: error.costs };
    if (error.ref === null || !this.#settle(error.ref, answer)) this.#emit("refused", error);
  }

  /**
   * @param {number} ref
   * @param {Answer} answer
   * @returns {boolean} whether anybody was waiting for it
   */
  #settle(ref, answer) {
    const pending = this.#pending.get(ref);
    this.#pending.delete(ref);
    pending?.answer(answer);
    return pending !== undefined;
  }

  /** @param {AnyCommand} newer */
  #dropOlderText(newer) {
    if (newer.type !== "write") return;
    for (const { command, sent } of [...this.#pending.values()]) {
      const same = command.type === "write" && command.form === newer.form && command.round === newer.round && command.field === newer.field;
      if (same && (!sent || this.#state.name !== "open")) this.#settle(command.ref, { accepted: true });
    }
  }

  /** @param {WebSocket} socket */
  #replaced(socket) {
    this.#enter({ name: "replaced" });
    socket.close();
  }

  /** @param {WebSocket} socket */
  #lost(socket) {
    const state = this.#state;
    if ((state.name !== "open" && state.name !== "connecting") || state.socket !== socket) return;
    const attempt = state.name === "connecting" ? state.attempt + 1 : 0;
    const passedMs = state.name === "connecting" ? this.#clock.localNow() - state.beganMs : 0;
    const ceiling = Math.min(BACKOFF_MS.most, BACKOFF_MS.least * 1.5 ** attempt);
    void this.#comeBack(attempt, Math.max(0, ceiling / 2 + (Math.random() * ceiling) / 2 - passedMs));
    socket.close();
  }

  /**
   * The first attempt is made at once, and from then on only when the server answers at all.
   * @param {number} attempt
   * @param {number} pauseMs
   */
  async #comeBack(attempt, pauseMs) {
    const ended = new AbortController();
    this.#enter({ name: "away", ended, attempt });
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
    if (attempt > 0 && !(await serverAnswers(ended.signal))) return;
    if (!ended.signal.aborted) this.#connect(attempt);
  }

  /** @param {State} state */
  #enter(state) {
    if (this.#state.name === "open") clearTimeout(this.#state.timer);
    if (this.#state.name === "away") this.#state.ended.abort();
    const changed = this.#state.name !== state.name;
    this.#state = state;
    if (changed) this.#emit("condition", state.name);
  }

  /**
   * @param {string} type
   * @param {unknown} detail
   */
  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
