// Whether the server answers at all. Browsers make a page wait longer and longer for its next WebSocket after a few that failed
// (Firefox up to a minute), so those are not for trying out. Nothing is said and nothing asked: this file's own head is enough.

const PATIENCE_MS = 1_500;
const PAUSE_MS = 250;

/**
 * Knocks until there is an answer, whichever.
 * @param {AbortSignal} ended
 * @returns {Promise<boolean>} false when `ended` came first
 */
export async function serverAnswers(ended) {
  while (!ended.aborted) {
    const began = performance.now();
    if (await answersNow(ended)) return true;
    // nobody there: a server that starts again, for everybody at once; no answer: a way that may be open at any moment
    const isSlow = performance.now() - began > PATIENCE_MS / 2;
    await pause(PAUSE_MS * (isSlow ? 0.2 : 1 + 2 * Math.random()), ended);
  }
  return false;
}

/** @param {AbortSignal} ended */
async function answersNow(ended) {
  try {
    await fetch(import.meta.url, { method: "HEAD", cache: "no-store", signal: AbortSignal.any([ended, AbortSignal.timeout(PATIENCE_MS)]) });
    return !ended.aborted;
  } catch {
    return false;
  }
}

/**
 * @param {number} ms
 * @param {AbortSignal} ended
 */
function pause(ms, ended) {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
    ended.addEventListener("abort", resolve, { once: true });
  });
}
