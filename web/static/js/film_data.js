// What the server says about one recording: types only.

/**
 * @typedef {object} FilmData the answer of the recording's data address
 * @property {"recording" | "ready" | "failed" | "gone"} state `gone`: deleted, said by the page and not by the server
 * @property {string | null} film
 * @property {string | null} live where it can be watched while it is being recorded
 * @property {string | null} live_screen the screen, while one is shown
 * @property {string | null} screen_film the same time with what was shown beside the face
 * @property {{ use: "own" | "watch" | "consult", person: string, name: string, teacher: string, teacher_name: string }} you
 * @property {"deleted" | "ended" | "expired"} [why] nothing of it may be seen any more, where that is known
 * @property {("notes" | "own" | "talk")[]} includes what a consultant may read beside the film
 * @property {number} duration_ms
 * @property {{ key: string, title: string, at_ms: number, end_ms: number }[]} phases
 * @property {number} started_ms
 * @property {{ moment: string, label: string, at_ms: number, name: string, line: string }[]} moments
 * @property {{ author: string, fields: { label: string, text: string }[] }[]} notes
 * @property {{ start_ms: number, end_ms: number, reason: "lost" | "held" | "full", what: "all" | "picture" | "voice" }[]} holes
 * @property {boolean} silent there is no sound until the voices are put together anew
 * @property {{ picture: TakenOut, screen: TakenOut, voices: number }} taken_out
 * @property {Products} products what is made from it, at which address; null where there is none
 */
/** @typedef {{ state: "none" | "queued" | "running" | "done" | "failed", progress: number, size_bytes: number, url: string | null, error: string }} FilmFile */
/** @typedef {{ film: FilmFile, poster: string | null, sprite: string | null, stills: string | null, waveform: string | null }} Products */
/** @typedef {"never" | "in" | "leaving" | "out"} TakenOut */
/** @typedef {{ data: FilmData | null, reachable: boolean, live?: Live }} State `live`: what players can show of a lesson that is being recorded */
/** @typedef {{ face: string | null, screen: string | null }} Live addresses */

export {};
