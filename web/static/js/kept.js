// What is kept on this device until it is not needed any more. A browser that keeps nothing has it for as long as the page is open.

/** @type {Map<string, string>} */
const here = new Map();

/** @param {string} key @returns {any} null if there is nothing, or nothing that can be read */
export function read(key) {
  const text = stored(key) ?? here.get(key) ?? null;
  try {
    return text === null ? null : JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {string} key @param {unknown} value null: it is not needed any more */
export function keep(key, value) {
  const text = JSON.stringify(value);
  if (value === null) here.delete(key);
  else here.set(key, text);
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, text);
  } catch {
    // what is in `here` has to do
  }
}

/** @param {string} prefix */
export function keysBelow(prefix) {
  const keys = new Set(here.keys());
  try {
    for (let number = 0; number < localStorage.length; number++) keys.add(localStorage.key(number) ?? "");
  } catch {
    // as above
  }
  return [...keys].filter((key) => key.startsWith(prefix));
}

/** @param {string} key */
function stored(key) {
  try {
    const text = localStorage.getItem(key);
    if (text === null) here.delete(key); // another page of this browser needs it no longer
    return text;
  } catch {
    return null;
  }
}
