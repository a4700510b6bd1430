// What the page notices of its connections: pictures that stand still, voices with gaps, an own picture that is held back.
// Reduced to a few shares by seat. Says it while there is trouble, and once when that is over; knows no page and no socket.

/** @import { Media } from "./media.js" */
/** @import { FromPage, Quality, Sending } from "./protocol.js" */
/**
 * What came of one track since the connection began.
 * @typedef {object} Track
 * @property {string} seat
 * @property {"audio" | "video"} kind
 * @property {number} octets without headers and padding: what only tries how much the line carries is no picture
 * @property {number} frames
 * @property {number} freezes
 * @property {number | null} frozen_s null where the browser does not count it
 * @property {number} guessed samples
 * @property {number} samples
 */
/** @typedef {{ session: string, at_ms: number, tracks: Map<string, Track>, rtt_ms: number | null, sending: Sending, late: boolean }} Sample `late`: the device had no time to look */

const LOOK_MS = 2_000;
const WINDOW = 2;
const ROUND = 5;
const SLOW_MS = 300;
const LATE_MS = 700;
const SLEPT_MS = 10_000;

export class LineWatch {
  /** @type {Sample[]} the newest last */
  #samples = [];
  #troubled = false;
  #lookedMs = Date.now();
  #media;
  #send;

  /**
   * @param {Media} media
   * @param {(message: FromPage) => boolean} send
   */
  constructor(media, send) {
    this.#media = media;
    this.#send = send;
    setInterval(() => void this.#look(), LOOK_MS);
  }

  async #look() {
    const passedMs = Date.now() - this.#lookedMs;
    const late = passedMs > LOOK_MS + LATE_MS;
    this.#lookedMs = Date.now();
    if (passedMs > SLEPT_MS) this.#samples = [];
    const connections = this.#media.connections;
    const sample = connections ? await sampleOf(this.#media, connections, late && passedMs <= SLEPT_MS) : null;
    if (!sample || sample.session !== this.#samples[0]?.session) this.#samples = [];
    if (!sample || document.visibilityState === "hidden") return void (this.#samples = []); // what nobody sees is not drawn either
    this.#samples.push(sample);
    const [oldest] = this.#samples;
    if (!oldest || this.#samples.length <= WINDOW) return;
    const busy = this.#samples.some(({ late }) => late);
    this.#samples = [sample];
    this.#say(noticed(oldest, sample, busy));
  }

  /** @param {Quality} quality */
  #say(quality) {
    const troubled = isTrouble(quality);
    if ((troubled || this.#troubled) && this.#send(quality)) this.#troubled = troubled;
  }
}

/**
 * @param {Media} media
 * @param {NonNullable<Media["connections"]>} connections
 * @param {boolean} late
 * @returns {Promise<Sample | null>} null when they have been closed meanwhile
 */
async function sampleOf(media, { session, publisher, subscriber }, late) {
  try {
    const [up, down] = await Promise.all([publisher.getStats(), subscriber.getStats()]);
    const seats = seatsOf(media);
    const tracks = reports(down, "inbound-rtp").flatMap((report) => {
      const seat = seats.get(report.trackIdentifier);
      return seat === undefined ? [] : [/** @type {const} */ ([report.id, trackOf(report, seat)])];
    });
    return { session, at_ms: Date.now(), tracks: new Map(tracks), rtt_ms: rttOf(down), sending: sendingOf(up), late };
  } catch {
    return null;
  }
}

/** Whose a track is, by its id. @param {Media} media @returns {Map<string, string>} */
function seatsOf({ streams, screens }) {
  const both = [...streams, ...screens];
  return new Map(both.flatMap(([seat, stream]) => stream.getTracks().map((track) => /** @type {const} */ ([track.id, seat]))));
}

/** @param {any} report @param {string} seat @returns {Track} */
function trackOf(report, seat) {
  return {
    seat,
    kind: report.kind,
    octets: report.bytesReceived ?? 0,
    frames: report.framesDecoded ?? 0,
    freezes: report.freezeCount ?? 0,
    frozen_s: report.totalFreezesDuration ?? null,
    guessed: (report.concealedSamples ?? 0) - (report.silentConcealedSamples ?? 0),
    samples: report.totalSamplesReceived ?? 0,
  };
}

/** @param {RTCStatsReport} stats */
function rttOf(stats) {
  const pair = reports(stats, "candidate-pair").find((report) => report.nominated && report.state === "succeeded");
  return typeof pair?.currentRoundTripTime === "number" ? Math.round(pair.currentRoundTripTime * 1000) : null;
}

/** Only what holds back every size that the own picture is sent in is trouble. @param {RTCStatsReport} stats @returns {Sending} */
function sendingOf(stats) {
  const pictures = reports(stats, "outbound-rtp").filter((report) => report.kind === "video" && report.active !== false);
  const reasons = pictures.map((report) => report.qualityLimitationReason);
  if (reasons.length > 0 && reasons.every((reason) => reason === "bandwidth")) return "reduced";
  return reasons.includes("cpu") ? "slow_device" : "well";
}

/**
 * While the device is `busy`, what stands still says nothing about its line.
 * @param {Sample} before
 * @param {Sample} after
 * @param {boolean} busy
 * @returns {Quality}
 */
function noticed(before, after, busy) {
  const passed_s = (after.at_ms - before.at_ms) / 1000;
  /** @type {Quality} */
  const quality = { type: "quality", session: after.session, frozen: {}, gaps: {}, freezes: 0, rtt_ms: after.rtt_ms, sending: "well" };
  if (busy) return { ...quality, rtt_ms: null, sending: "slow_device" };
  if (before.sending === after.sending) quality.sending = after.sending;
  for (const [id, track] of after.tracks) {
    const earlier = before.tracks.get(id);
    if (!earlier || track.octets === earlier.octets) continue; // rests, or is new
    if (track.kind === "audio") note(quality.gaps, track.seat, (track.guessed - earlier.guessed) / Math.max(1, track.samples - earlier.samples));
    else note(quality.frozen, track.seat, stillness(earlier, track, passed_s));
    quality.freezes += Math.max(0, track.freezes - earlier.freezes);
  }
  return quality;
}

/** Share of the time in which a picture stood still. @param {Track} before @param {Track} after @param {number} passed_s */
function stillness(before, after, passed_s) {
  if (after.frames === before.frames) return 1;
  return after.frozen_s === null || before.frozen_s === null ? 0 : (after.frozen_s - before.frozen_s) / passed_s;
}

/** @param {Record<string, number>} shares @param {string} seat @param {number} share */
function note(shares, seat, share) {
  const percent = Math.min(100, Math.round((share * 100) / ROUND) * ROUND);
  if (percent > 0) shares[seat] = Math.max(shares[seat] ?? 0, percent);
}

/** @param {Quality} quality */
function isTrouble({ frozen, gaps, freezes, rtt_ms, sending }) {
  return Object.keys(frozen).length + Object.keys(gaps).length + freezes > 0 || (rtt_ms ?? 0) > SLOW_MS || sending !== "well";
}

/** @param {RTCStatsReport} stats @param {string} type @returns {any[]} */
function reports(stats, type) {
  return [...stats.values()].filter((report) => report.type === type);
}
