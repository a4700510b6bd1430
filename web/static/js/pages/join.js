// Before coming in: checks picture and sound, remembers the devices for the room, copies the invitation.
// The form itself works without this.

import { listDevices, openDevices, rememberDevices, rememberedDevices } from "../devices.js";
import { byId, setText, show } from "../dom.js";
import { LevelMeter } from "../level.js";
import { submitOnce } from "../submit_once.js";
import * as words from "../words.js";
import { CameraCheck } from "../views/camera_check.js";
import "../views/connection_check.js";
import "../views/sound_check.js";

/** @import { DeviceChoice } from "../devices.js" */
/** @import { State } from "../views/camera_check.js" */

const AUDIBLE = 0.35;

class Check {
  #check = byId("camera-check", CameraCheck);
  /** @type {State} */
  #state = { step: "opening", stream: new MediaStream(), problem: null, choice: rememberedDevices(), cameras: [], microphones: [], heard: false };
  /** @type {LevelMeter | null} */
  #meter = null;
  #attempt = 0;

  constructor() {
    this.#check.addEventListener("try-again", () => void this.#open(this.#state.choice));
    this.#check.addEventListener("choose-device", (event) => {
      if (event instanceof CustomEvent) void this.#open({ ...this.#state.choice, ...event.detail });
    });
    for (const type of ["pointerdown", "keydown"]) document.addEventListener(type, () => this.#meter?.wake());
    void this.#open(this.#state.choice.camera === false ? { ...this.#state.choice, camera: "" } : this.#state.choice);
  }

  /** @param {DeviceChoice} choice */
  async #open(choice) {
    const attempt = ++this.#attempt;
    this.#close();
    this.#show({ step: "opening", choice, heard: false });
    const opened = await openDevices(choice);
    const devices = await listDevices();
    if (attempt !== this.#attempt) return stop(opened.stream);
    rememberDevices(choice);
    this.#show({ step: "open", ...opened, ...devices });
    if (opened.stream.getAudioTracks().length) this.#meter = new LevelMeter(opened.stream, (level) => this.#hear(level));
  }

  #close() {
    this.#meter?.close();
    this.#meter = null;
    stop(this.#state.stream);
  }

  /** @param {number} level */
  #hear(level) {
    this.#check.showLevel(level);
    if (level > AUDIBLE && !this.#state.heard) this.#show({ heard: true });
  }

  /** @param {Partial<State>} changes */
  #show(changes) {
    this.#state = { ...this.#state, ...changes };
    this.#check.render(this.#state);
  }
}

/** @param {MediaStream} stream */
function stop(stream) {
  for (const track of stream.getTracks()) track.stop();
}

function offerWithoutCamera() {
  const button = byId("come-in-without-camera", HTMLButtonElement);
  show(button, true);
  button.addEventListener("click", () => rememberDevices({ ...rememberedDevices(), camera: false }));
}

/** Buttons that copy what stands in a field, and the phone's own sheet for sending it on. */
function offerCopies() {
  for (const button of document.querySelectorAll("button[data-copies]")) {
    if (button instanceof HTMLButtonElement) offerCopy(button, button.dataset.copies ?? "");
  }
  const share = document.getElementById("share-link");
  if (!share) return;
  show(share, "share" in navigator && matchMedia("(pointer: coarse)").matches);
  const message = byId("message", HTMLTextAreaElement);
  share.addEventListener("click", () => void navigator.share({ title: document.title, text: message.value }).catch(() => null));
}

/**
 * @param {HTMLButtonElement} button
 * @param {string} id of the field
 */
function offerCopy(button, id) {
  const field = document.getElementById(id);
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement)) return;
  const state = byId(`${id}-state`, HTMLElement);
  show(button, true);
  if (field instanceof HTMLInputElement) field.addEventListener("focus", () => field.select());
  button.addEventListener("click", async () => {
    field.select();
    const copied = await navigator.clipboard?.writeText(field.value).then(() => true).catch(() => false);
    setText(state, copied ? words.copy.copied : words.copy.failed);
  });
}

/** The message says when, in this device's time zone. */
function tellWhen() {
  const message = document.getElementById("message");
  if (!(message instanceof HTMLTextAreaElement) || !message.dataset.startsMs) return;
  const [greeting, purpose, ...rest] = message.value.split("\n\n");
  message.value = [greeting, `${purpose} ${words.invitation.when(Number(message.dataset.startsMs))}`, ...rest].join("\n\n");
}

function offerAnotherName() {
  const button = document.getElementById("another-name");
  if (!button) return;
  show(button, true);
  button.addEventListener("click", () => byId("name", HTMLInputElement).select());
}

submitOnce(byId("join", HTMLFormElement));
offerWithoutCamera();
offerCopies();
tellWhen();
offerAnotherName();
new Check();
