// Every word that a script puts on the screen, in the language of the page: <html lang>, chosen by the server.
//
// The words of an area stand in words/en/AREA.js and, in the same shape, in words/de/AREA.js, as exported objects of
// sentences and of functions that make sentences. `pick` demands the same shape of both. What is in `common` is used as
// `words.now.before`, what is in another area as `words.teaching.hand.raise`.
// Sentences speak to "you" and assume no gender. German says "Sie", "Lehrperson", "Kolleginnen und Kollegen", "Leitung",
// "Treffen" (session), "Unterricht" (lesson), "Moment", "Notiz", "Aufnahme", "an der Reihe" (turn), "Runde", "Format".

import * as germanChanges from "./words/de/changes.js";
import * as germanConsultation from "./words/de/consultation.js";
import * as germanCommon from "./words/de/common.js";
import * as germanCompare from "./words/de/compare.js";
import * as germanLeading from "./words/de/leading.js";
import * as germanLines from "./words/de/lines.js";
import * as germanLive from "./words/de/live.js";
import * as germanNotes from "./words/de/notes.js";
import * as germanWatchers from "./words/de/watchers.js";
import * as germanOwnView from "./words/de/own_view.js";
import * as germanReach from "./words/de/reach.js";
import * as germanReviews from "./words/de/reviews.js";
import * as germanPlayer from "./words/de/player.js";
import * as germanProducts from "./words/de/products.js";
import * as germanTalk from "./words/de/talk.js";
import * as germanTeaching from "./words/de/teaching.js";
import * as germanTogether from "./words/de/together.js";
import * as germanWriting from "./words/de/writing.js";
import * as englishChanges from "./words/en/changes.js";
import * as englishConsultation from "./words/en/consultation.js";
import * as englishCommon from "./words/en/common.js";
import * as englishCompare from "./words/en/compare.js";
import * as englishLeading from "./words/en/leading.js";
import * as englishLines from "./words/en/lines.js";
import * as englishLive from "./words/en/live.js";
import * as englishNotes from "./words/en/notes.js";
import * as englishWatchers from "./words/en/watchers.js";
import * as englishOwnView from "./words/en/own_view.js";
import * as englishReach from "./words/en/reach.js";
import * as englishReviews from "./words/en/reviews.js";
import * as englishPlayer from "./words/en/player.js";
import * as englishProducts from "./words/en/products.js";
import * as englishTalk from "./words/en/talk.js";
import * as englishTeaching from "./words/en/teaching.js";
import * as englishTogether from "./words/en/together.js";
import * as englishWriting from "./words/en/writing.js";

export { dayAndTime, decimal, names, number, position, remaining, time } from "./words/formats.js";

/**
 * @template T
 * @param {T} english
 * @param {NoInfer<T>} german
 */
export const pick = (english, german) => (document.documentElement.lang === "de" ? german : english);

export const {
  length, timeLeft, now, next, recording, action, ready, faces, order, choice, moments, form, entries, takes, devices, connection,
  copy, film, sound, setUp, invitation,
} = pick(englishCommon, germanCommon);
export const changes = pick(englishChanges, germanChanges);
export const consultation = pick(englishConsultation, germanConsultation);
export const { line } = pick(englishLines, germanLines);
export const live = pick(englishLive, germanLive);
export const player = pick(englishPlayer, germanPlayer);
export const products = pick(englishProducts, germanProducts);
export const talk = pick(englishTalk, germanTalk);
export const teaching = pick(englishTeaching, germanTeaching);
export const leading = pick(englishLeading, germanLeading);
export const writing = pick(englishWriting, germanWriting);
export const together = pick(englishTogether, germanTogether);
export const notes = pick(englishNotes, germanNotes);
export const watchers = pick(englishWatchers, germanWatchers);
export const ownView = pick(englishOwnView, germanOwnView);
export const reach = pick(englishReach, germanReach);
export const reviews = pick(englishReviews, germanReviews);
export const compare = pick(englishCompare, germanCompare);
