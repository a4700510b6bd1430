// What this person can do now to move the session: at most one coloured button, everything else quiet.

import { h, keyed, setAttribute, setText, show } from "../dom.js";
import { helpsNobodyYet, inTurns, isLesson, isTeacher, may, nameOf, nextStep, onlyTeaches, situationOf, suggests, tryField } from "../reading.js";
import { hasOwnTime } from "../reading_lanes.js";
import * as words from "../words.js";
import { ViewElement, command } from "./view.js";

/** @import { View } from "../protocol.js" */
/** @typedef {"advance" | "start_lesson" | "end_turn" | "pass_turn" | "hold" | "resume" | "ready" | "stop_recording"} ActionName */
/** @typedef {{ name: ActionName, label: string, primary: boolean, ready?: boolean }} Action */

/** Long enough for words that are on their way to be in the view. */
const LOOK_MS = 700;
const { recorded, turns, writing } = words.writing;
const { strip } = words.leading;
const { floors, lanes } = words.together;

/** @extends {ViewElement<View>} */
export class RoomActions extends ViewElement {
  /** Whether somebody who is ready with nothing written has been told so. @type {{ name: "no" } | { name: "looking", decision: number, timer: number } | { name: "told", decision: number }} */
  #nudge = { name: "no" };
  /** @type {View | null} */
  #view = null;
  #ready = h("p", { class: "quiet ready-count", id: "ready-count" });
  #told = h("p", { class: "nudge", id: "ready-nudge", role: "status" });
  #buttons = h("div", { class: "action-buttons" });

  build() {
    this.append(this.#told, this.#ready, this.#buttons);
  }

  /** @param {View} view */
  update(view) {
    this.#view = view;
    if (this.#nudge.name === "looking" && (this.#nudge.decision !== view.phase.decision || !helpsNobodyYet(view))) this.#lookedAt(view);
    const told = this.#isTold(view);
    setText(this.#told, !told ? "" : suggests(view) ? writing.nudge : writing.nudgePlain);
    show(this.#told, told);
    setText(this.#ready, readyWords(view));
    keyed(
      this.#buttons,
      actionsOf(view),
      ({ name }) => name,
      ({ name }) => h("button", { type: "button", id: `action-${name.replaceAll("_", "-")}` }),
      (button, action) => {
        setText(button, told && action.ready ? writing.readyAnyway : action.label);
        setAttribute(button, "class", action.primary ? "primary" : "quiet-button");
        button.onclick = () => this.#act(action);
      },
    );
  }

  /** @param {View} view */
  #isTold(view) {
    return this.#nudge.name === "told" && this.#nudge.decision === view.phase.decision && !view.you.ready && helpsNobodyYet(view);
  }

  /** @param {Action} action */
  #act(action) {
    const view = this.#view;
    if (!view) return;
    if (action.ready && helpsNobodyYet(view) && !this.#isTold(view)) return this.#look(view.phase.decision);
    command(this, wishOf(action));
  }

  /** What was typed at the last moment is not in the view yet. @param {number} decision */
  #look(decision) {
    if (this.#nudge.name === "looking") return;
    const tell = () => {
      this.#nudge = { name: "told", decision };
      if (this.#view) this.update(this.#view);
    };
    this.#nudge = { name: "looking", decision, timer: setTimeout(tell, LOOK_MS) };
  }

  /** @param {View} view */
  #lookedAt(view) {
    if (this.#nudge.name !== "looking") return;
    clearTimeout(this.#nudge.timer);
    const same = this.#nudge.decision === view.phase.decision;
    this.#nudge = { name: "no" };
    if (same) command(this, { type: "ready", ready: true });
  }
}

/** @param {Action} action @returns {Parameters<typeof command>[1]} */
function wishOf({ name, ready }) {
  if (name === "stop_recording") return { type: "choose_recording", choice: "leave_out" };
  return name === "ready" ? { type: "ready", ready: ready === true } : { type: name };
}

/** @param {View} view @returns {Action[]} */
export function actionsOf(view) {
  const all = [readyAction(view), turnAction(view), startAction(view), advanceAction(view), passAction(view), clockAction(view), stopAction(view)];
  const actions = all.filter((action) => action !== null);
  let coloured = false;
  return actions.map((action) => {
    const primary = action.primary && !coloured;
    coloured ||= primary;
    return { ...action, primary };
  });
}

/** @param {View} view @returns {Action | null} */
function startAction(view) {
  if (!may(view, "start_lesson") || view.phase.starts_ms !== null) return null;
  if (!isTeacher(view)) return { name: "start_lesson", label: words.action.startLessonOf(nameOf(view, view.teacher)), primary: false };
  const seconds = view.phase.seconds;
  const label = seconds === null ? words.action.startLessonPlain : words.action.startLesson(seconds);
  return { name: "start_lesson", label, primary: true };
}

/** @param {View} view @returns {Action | null} */
function turnAction(view) {
  if (!may(view, "end_turn")) return null;
  const next = view.floor.next[0];
  const own = view.floor.turn === view.you.seat;
  if (!own && !inTurns(view)) return { name: "end_turn", label: floors.thanks(nameOf(view, view.floor.turn)), primary: false };
  if (next === undefined && !own && may(view, "advance")) return null;
  const name = next === undefined ? "" : nameOf(view, next);
  if (own) return { name: "end_turn", label: name ? words.action.doneOver(name) : words.action.done, primary: true };
  return { name: "end_turn", label: name ? words.action.nextSpeaker(name) : words.action.speakerDone, primary: !onlyTeaches(view) };
}

/** @param {View} view @returns {Action | null} */
function passAction(view) {
  if (!may(view, "pass_turn") || view.floor.turn === null || view.floor.next.length === 0) return null;
  const own = view.floor.turn === view.you.seat;
  return { name: "pass_turn", label: own ? turns.pass : turns.notHereLater, primary: false };
}

/** @param {View} view @returns {Action | null} */
function readyAction(view) {
  const writes = situationOf(view) === "writing";
  if (!may(view, "ready") || view.alone || !(writes || decides(view) || view.lane?.early)) return null;
  if (view.you.ready) return { name: "ready", label: words.action.notReady, primary: false, ready: false };
  if (view.lane !== null) return { name: "ready", label: isTeacher(view) ? lanes.goBack : lanes.ready, primary: !isTeacher(view), ready: true };
  return { name: "ready", label: writes ? words.action.ready : writing.decideLater, primary: writes && !hasOwnTime(view), ready: true };
}

/** The teacher may choose one suggestion now, or later. @param {View} view */
function decides(view) {
  const asked = isTeacher(view) ? tryField(view) : null;
  return asked !== null && !view.mine?.fields[asked.key]?.trim();
}

/** Whoever leads has the clock in the strip. @param {View} view @returns {Action | null} */
function clockAction(view) {
  if (view.you.leads) return null;
  if (may(view, "resume")) return { name: "resume", label: strip.goOn, primary: false };
  return may(view, "hold") ? { name: "hold", label: strip.hold, primary: false } : null;
}

/**
 * At once, without a question: what becomes of it is asked after the lesson. A talk is anybody's to stop.
 * @param {View} view
 * @returns {Action | null}
 */
function stopAction(view) {
  const own = view.recording.on && (view.recording.if_all || view.recording.teacher === view.you.seat);
  return own && may(view, "choose_recording") ? { name: "stop_recording", label: recorded.stop, primary: false } : null;
}

/** @param {View} view @returns {Action | null} */
function advanceAction(view) {
  if (!may(view, "advance")) return null;
  const running = isLesson(view) && view.phase.status !== "waiting";
  if (running && isTeacher(view)) return { name: "advance", label: words.action.finish, primary: false };
  const waits = isLesson(view) && may(view, "start_lesson");
  return { name: "advance", label: advanceLabel(view), primary: !running && !waits && view.lane === null && (view.alone || !onlyTeaches(view)) };
}

/** @param {View} view */
function advanceLabel(view) {
  if (view.lane !== null) return lanes.meetNow;
  const step = nextStep(view);
  if (view.phase.part === "before") {
    const first = view.alone ? "" : nameOf(view, step?.teacher ?? null);
    return first ? words.action.startWith(first) : words.action.start;
  }
  if (situationOf(view) === "turn" && view.floor.next.length > 0) return turns.nobodyElse;
  if (!step) return words.action.end;
  if (situationOf(view) === "writing" && view.expected > 0 && view.ready_count >= view.expected) return words.action.allReady;
  return words.action.next(step.title);
}

/** @param {View} view */
function readyWords(view) {
  const situation = situationOf(view);
  if (situation === "talk" && view.lane?.early && view.expected > 1) return words.ready.count(view.ready_count, view.expected);
  if (situation !== "writing" || view.lane !== null || view.expected <= 1) return "";
  const count = words.ready.count(view.ready_count, view.expected);
  const waiting = view.people.filter(({ seat, here }) => here && seat !== view.you.seat && !view.ready.includes(seat)).map((person) => person.name);
  return view.you.leads && waiting.length ? `${count} · ${words.ready.writing(waiting)}` : count;
}

customElements.define("room-actions", RoomActions);
