// A page of an older release than the server's loads itself anew, by itself. Only once in a while: while a server is being replaced by a
// newer one, the page may come from either.

const KEY = "reloaded-at";
const AGAIN_MS = 60_000;

/** @returns {boolean} whether the page is being loaded anew; if not, it has just been, which did not help */
export function reloadOnce() {
  const now = Date.now();
  try {
    if (now - Number(sessionStorage.getItem(KEY) ?? 0) < AGAIN_MS) return false;
    sessionStorage.setItem(KEY, String(now));
  } catch {
    return false; // what cannot be remembered could go on for ever
  }
  location.reload();
  return true;
}
