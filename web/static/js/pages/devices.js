// My devices, and the link for another one: what happens on the other device shows here by itself.

import "./plain.js";
import { byId, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";

const LOOK_EVERY_MS = 3_000;

/** @typedef {{ id: string, created_ms: number, session: string, this: boolean }} Device */

const list = document.getElementById("devices");
const link = document.getElementById("device-link");
if (list) repeat(list.dataset["url"] ?? "", ({ devices }) => tellDevices(list, devices));
if (link) {
  offerToCopy();
  repeat(link.dataset["look"] ?? "", ({ state }) => tellLink(link, state));
}

/**
 * Looks every few seconds while the page is seen. Somebody who was signed out here elsewhere is told so by the page itself.
 * @param {string} url
 * @param {(found: any) => void} tell
 */
function repeat(url, tell) {
  const look = async () => {
    const answer = document.hidden ? null : await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
    if (answer?.status === 401) return location.reload();
    if (answer?.ok) tell(await answer.json());
    setTimeout(() => void look(), LOOK_EVERY_MS);
  };
  setTimeout(() => void look(), LOOK_EVERY_MS);
}

/**
 * Rows that the server drew stay; only new devices get one of the page's own.
 * @param {HTMLElement} element
 * @param {Device[]} devices
 */
function tellDevices(element, devices) {
  const drawn = new Map([...element.children].map((row) => [row instanceof HTMLElement ? row.dataset["device"] : "", row]));
  const news = devices.filter(({ id }) => !drawn.has(id));
  for (const [id, row] of drawn) if (!devices.some((device) => device.id === id)) row.remove();
  for (const device of news) element.firstElementChild?.after(newRow(device));
  show(byId("others", HTMLElement), devices.length > 1);
  const said = byId("devices-news", HTMLElement);
  if (news.length) setText(said, said.dataset["words"] ?? "");
}

/** @param {Device} device */
function newRow(device) {
  const row = /** @type {HTMLElement} */ (byId("new-device", HTMLTemplateElement).content.firstElementChild?.cloneNode(true));
  setAttribute(row, "data-device", device.id);
  const time = row.querySelector("time");
  if (time) setText(time, words.dayAndTime(device.created_ms));
  setAttribute(/** @type {Element} */ (row.querySelector("button")), "value", device.id);
  return row;
}

/**
 * @param {HTMLElement} element
 * @param {string} state
 */
function tellLink(element, state) {
  for (const part of element.querySelectorAll("[data-when]")) if (part instanceof HTMLElement) show(part, part.dataset["when"] === state);
}

function offerToCopy() {
  const button = byId("copy-link", HTMLButtonElement);
  show(button, Boolean(navigator.clipboard));
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(byId("link", HTMLInputElement).value);
    setText(button, button.dataset["copied"] ?? "");
  });
}
