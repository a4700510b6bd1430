// One stop of the Tab key for many buttons in a row: arrow keys go from one to the next, Home and End to the ends.

import { setAttribute } from "./dom.js";

/** @param {HTMLElement} row its children are what can be focused, or hold it */
export function rove(row) {
  row.addEventListener("keydown", (event) => move(row, event));
  row.addEventListener("focusin", ({ target }) => target instanceof HTMLElement && stopAt(row, target));
}

/** After its buttons have changed. @param {HTMLElement} row */
export function settle(row) {
  const buttons = buttonsOf(row);
  const stop = buttons.find(({ tabIndex }) => tabIndex === 0) ?? buttons[0];
  if (stop) stopAt(row, stop);
}

/**
 * @param {HTMLElement} row
 * @param {KeyboardEvent} event
 */
function move(row, event) {
  const buttons = buttonsOf(row);
  const place = buttons.indexOf(/** @type {HTMLElement} */ (event.target));
  const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: buttons.length - 1 }[event.key];
  if (place < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  buttons[to]?.focus();
}

/**
 * @param {HTMLElement} row
 * @param {HTMLElement} stop
 */
function stopAt(row, stop) {
  for (const button of buttonsOf(row)) setAttribute(button, "tabindex", button === stop ? 0 : -1);
}

/** @param {HTMLElement} row @returns {HTMLElement[]} */
function buttonsOf(row) {
  return [...row.querySelectorAll("button")];
}
