// How somebody likes the player, remembered on this device only; a browser that keeps nothing has the defaults.

/** @typedef {{ letters: boolean, pauses: boolean }} PlayerSettings `letters`: keys with one letter or sign do something; `pauses`: while one writes */

const NAME = "microteach.player";
/** @type {PlayerSettings} */
const DEFAULTS = { letters: true, pauses: true };

/** @returns {PlayerSettings} */
export function playerSettings() {
  try {
    const kept = JSON.parse(localStorage.getItem(NAME) ?? "{}");
    return { letters: kept.letters !== false, pauses: kept.pauses !== false };
  } catch {
    return { ...DEFAULTS };
  }
}

/** @param {Partial<PlayerSettings>} changes */
export function keepPlayerSettings(changes) {
  try {
    localStorage.setItem(NAME, JSON.stringify({ ...playerSettings(), ...changes }));
  } catch {
    // Not kept: it is as it was with the next page.
  }
}
