// How the two connections of one session are, and what is to be done when they are not well. Looks and decides; acts never.
// Whoever owns the connections calls `look` and `remedy` often. The time is an argument, in UTC ms of this device: what a device
// slept through is a silence like any other. Where nothing regular comes, silence means nothing.

/** @typedef {"new" | "fine" | "doubtful" | "restarting"} Health */
/** @typedef {"nothing" | "restart" | "anew"} Remedy a new path for both connections, or new connections */

/** The server reports once a second about what it gets from us. */
const REPORTS = { gapMs: 1_700, silenceMs: 2_000 };
/** Where nobody may be heard or seen only checks come: from Chromium's side each 2.5 s, from Firefox's each 5 s. */
const CHECKS = { gapMs: 3_500, silenceMs: 6_500 };
const REGULAR_GAPS = 3;
const SUSPICION_MS = 1_400;
const NUDGED_MS = 4_000;
const LOOK_MS = { calm: 500, worried: 200 };
const DISCONNECTED_MS = 1_500;
const CONNECT_MS = 12_000;
const ANSWER_MS = 10_000;
/** After its answer a browser goes on checking by itself for a while, so a network that comes back late is found all the same. */
const RESTART_MS = [6_000, 10_000];
const FAILED_MS = 2_500;
const TOLD_AFTER_MS = 1_000;
/** A server with too much to do is silent to all at once: who was alarmed for nothing waits longer the next time. */
const ALARM = { factor: 1.5, most: 3, forgottenMs: 60_000 };

export class MediaWatch {
  /** @type {Health} */
  #health = "new";
  #publisher;
  #subscriber;
  #sinceMs;
  #restarts = 0;
  /** Restarts because of a silence alone. */
  #alarms = 0;
  /** Of the last restart; 0 while its offer has no answer. */
  #answeredMs = 0;
  #nudgedMs = 0;

  /**
   * @param {RTCPeerConnection} publisher
   * @param {RTCPeerConnection} subscriber
   * @param {number} nowMs
   */
  constructor(publisher, subscriber, nowMs) {
    this.#publisher = new Way(publisher, REPORTS, isSending);
    this.#subscriber = new Way(subscriber, CHECKS, () => true);
    this.#sinceMs = nowMs;
  }

  /** Both work, as far as anybody can tell. */
  get isFine() {
    return this.#health === "fine";
  }

  /** There is something to be connected for. */
  get isUsed() {
    return this.#publisher.isUsed || this.#subscriber.isUsed;
  }

  get hasConnected() {
    return this.#health !== "new";
  }

  /** Nothing came for so long that it is worth asking whether anything can. */
  get isSuspicious() {
    return this.hasConnected && !this.#isWell(SUSPICION_MS);
  }

  /** It is not over at once, so people should be told. @param {number} nowMs */
  isTroubled(nowMs) {
    return this.#health === "restarting" && nowMs - this.#sinceMs > TOLD_AFTER_MS;
  }

  /** Takes in what has arrived. @param {number} nowMs */
  look(nowMs) {
    for (const way of [this.#publisher, this.#subscriber]) void way.look(nowMs);
  }

  /** The device woke, or its network changed: a shorter silence counts now. @param {number} nowMs */
  nudge(nowMs) {
    this.#nudgedMs = nowMs;
  }

  /** The server has answered the offer of the last restart. @param {number} nowMs */
  answered(nowMs) {
    this.#answeredMs ||= nowMs;
  }

  /**
   * The server can be asked again. A restart that was begun before is lost, or was begun in another network.
   * @param {number} nowMs
   * @returns {Remedy}
   */
  reachable(nowMs) {
    if (!this.hasConnected || this.#isWell(SUSPICION_MS)) return "nothing";
    this.#restarts = 0;
    return this.#restart(nowMs);
  }

  /**
   * @param {number} nowMs
   * @param {boolean} reachable whether the server can be asked for anything; no attempt is made while it cannot
   * @returns {Remedy}
   */
  remedy(nowMs, reachable) {
    if (!this.isUsed) {
      this.#sinceMs = nowMs;
      return "nothing";
    }
    if (this.#isWell(this.#silenceMs(nowMs))) {
      this.#enter("fine", nowMs);
      this.#restarts = 0;
      if (nowMs - this.#sinceMs > ALARM.forgottenMs) this.#alarms = 0;
      return "nothing";
    }
    if (this.#health === "fine") this.#enter("doubtful", nowMs);
    if (!reachable) return "nothing";
    const ageMs = nowMs - this.#sinceMs;
    switch (this.#health) {
      case "new":
        return this.#has("failed") || ageMs > CONNECT_MS ? "anew" : "nothing";
      case "restarting":
        return this.#afterRestart(nowMs, ageMs);
      default:
        return ageMs >= this.#patienceMs() ? this.#restart(nowMs) : "nothing";
    }
  }

  /**
   * A restart that nobody answered says nothing about the way of the media.
   * @param {number} nowMs
   * @param {number} ageMs
   * @returns {Remedy}
   */
  #afterRestart(nowMs, ageMs) {
    if (!this.#answeredMs) return ageMs > ANSWER_MS ? "anew" : "nothing";
    const patienceMs = this.#has("failed") ? FAILED_MS : (RESTART_MS[this.#restarts - 1] ?? 0);
    if (nowMs - this.#answeredMs < patienceMs) return "nothing";
    return this.#restarts < RESTART_MS.length ? this.#restart(nowMs) : "anew";
  }

  /** @param {number} nowMs @returns {Remedy} */
  #restart(nowMs) {
    if (this.#areConnected()) this.#alarms = Math.min(this.#alarms + 1, ALARM.most);
    this.#restarts += 1;
    this.#answeredMs = 0;
    this.#health = "restarting";
    this.#sinceMs = nowMs;
    return "restart";
  }

  /** How long a silence may be. What was begun because of one ends with it. @param {number} nowMs */
  #silenceMs(nowMs) {
    if (nowMs - this.#nudgedMs < NUDGED_MS) return SUSPICION_MS;
    return this.#health === "restarting" ? REPORTS.silenceMs : REPORTS.silenceMs * ALARM.factor ** this.#alarms;
  }

  /** What is only disconnected often comes back by itself; what is connecting takes its time. */
  #patienceMs() {
    if (this.#has("failed")) return 0;
    if (this.#has("disconnected")) return DISCONNECTED_MS;
    return this.#areConnected() ? 0 : CONNECT_MS;
  }

  /** @param {number} silenceMs how long the server may be silent that reports to us each second */
  #isWell(silenceMs) {
    return this.#areConnected() && !this.#publisher.isSilent(silenceMs) && !this.#subscriber.isSilent(CHECKS.silenceMs);
  }

  #areConnected() {
    return [this.#publisher, this.#subscriber].every((way) => !way.isUsed || way.state === "connected");
  }

  /** @param {RTCPeerConnectionState} state */
  #has(state) {
    return [this.#publisher, this.#subscriber].some((way) => way.isUsed && way.state === state);
  }

  /** @param {Health} health @param {number} nowMs */
  #enter(health, nowMs) {
    if (this.#health === health) return;
    this.#health = health;
    this.#sinceMs = nowMs;
  }
}

/** What comes in on one connection, checks and their answers too. */
class Way {
  #pc;
  #rhythm;
  #expects;
  /** @type {Map<string, number>} of each pair of addresses, all that has come there */
  #counts = new Map();
  #heardMs = 0;
  #lookedMs = 0;
  #regularGaps = 0;
  #looking = false;

  /**
   * @param {RTCPeerConnection} pc
   * @param {{ gapMs: number, silenceMs: number }} rhythm
   * @param {(pc: RTCPeerConnection) => boolean} expects whether anything regular should come now
   */
  constructor(pc, rhythm, expects) {
    this.#pc = pc;
    this.#rhythm = rhythm;
    this.#expects = expects;
  }

  get state() {
    return this.#pc.connectionState;
  }

  get isUsed() {
    return this.#pc.getTransceivers().length > 0;
  }

  /** @param {number} silenceMs */
  isSilent(silenceMs) {
    return this.#regularGaps >= REGULAR_GAPS && this.#lookedMs - this.#heardMs >= silenceMs;
  }

  /** @param {number} nowMs */
  async look(nowMs) {
    const pauseMs = nowMs - this.#heardMs > SUSPICION_MS / 2 ? LOOK_MS.worried : LOOK_MS.calm;
    if (this.#looking || this.state === "closed" || nowMs - this.#lookedMs < pauseMs) return;
    this.#looking = true;
    try {
      const [line] = this.#pc.getTransceivers();
      const report = await (line?.direction === "sendonly" ? line.sender : line?.receiver)?.getStats();
      if (report) this.#take(report, nowMs);
    } finally {
      this.#looking = false;
    }
  }

  /**
   * @param {RTCStatsReport} report
   * @param {number} nowMs
   */
  #take(report, nowMs) {
    const pairs = [...report.values()].filter((each) => each.type === "candidate-pair");
    const heard = pairs.map(({ id, bytesReceived = 0, responsesReceived = 0 }) => {
      const count = bytesReceived + responsesReceived;
      const more = count > (this.#counts.get(id) ?? 0);
      this.#counts.set(id, count);
      return more;
    });
    this.#lookedMs = nowMs;
    if (!this.#expects(this.#pc)) this.#regularGaps = 0;
    if (!heard.includes(true)) return;
    this.#regularGaps = nowMs - this.#heardMs <= this.#rhythm.gapMs ? this.#regularGaps + 1 : 0;
    this.#heardMs = nowMs;
  }
}

/** @param {RTCPeerConnection} pc */
function isSending(pc) {
  return pc.getSenders().some(({ track }) => track?.readyState === "live");
}
