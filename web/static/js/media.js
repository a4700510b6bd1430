// Two peer connections, one that sends and one that receives, and bringing them back when they break.
// Own tracks in, one MediaStream per seat out. Knows no page and no socket: it is given a way to send and told what arrives.

import { randomWord } from "./random.js";

/** @import { FromPage, ToPage, Stream, Subscribe, Published } from "./protocol.js" */

/**
 * @typedef {object} Session
 * @property {string} id random word, new each time everything begins anew
 * @property {RTCPeerConnection} publisher
 * @property {RTCPeerConnection} subscriber
 * @property {number} offer number of the last offer
 * @property {Promise<void>} turn subscriptions are answered one after the other
 * @property {"new" | "fine" | "doubtful" | "restarting"} health
 * @property {number} since when it got that health, UTC ms of this device
 */
/** @typedef {{ name: "off" } | { name: "on", session: Session } | { name: "waiting", timer: number }} State */
/** @typedef {"off" | "connecting" | "connected" | "restoring"} Condition */

const WATCH_MS = 500;
const DOUBT_MS = 3_000;
const RESTART_MS = 6_000;
const CONNECT_MS = 12_000;
const BACKOFF_MS = { least: 300, most: 5_000 };

/** Events: `streams` when what arrives has changed, `condition` when the connection has. */
export class Media extends EventTarget {
  /** @type {State} */
  #state = { name: "off" };
  /** @type {Map<string, MediaStream>} */
  #streams = new Map();
  /** @type {Condition} */
  #condition = "off";
  /** @type {MediaStream | null} */
  #local = null;
  #online = false;
  #failures = 0;
  #send;

  /** @param {(message: FromPage) => boolean} send */
  constructor(send) {
    super();
    this.#send = send;
    setInterval(() => this.#watch(), WATCH_MS);
  }

  /** @returns {ReadonlyMap<string, MediaStream>} what arrives, by seat; a seat's stream stays the same object */
  get streams() {
    return this.#streams;
  }

  get condition() {
    return this.#condition;
  }

  /** Both connections, for support and tests. */
  get connections() {
    const state = this.#state;
    return state.name === "on" ? { publisher: state.session.publisher, subscriber: state.session.subscriber } : null;
  }

  /**
   * Sends these tracks from now on; an empty stream is somebody who only listens.
   * @param {MediaStream} local
   */
  useLocal(local) {
    this.#local = local;
    if (this.#state.name === "off" && this.#online) this.#begin();
    else if (this.#state.name === "on") this.#exchange(this.#state.session, local);
  }

  /** The signaling connection is there, for the first time or again. */
  signalingOpen() {
    this.#online = true;
    if (this.#local === null) return;
    if (this.#state.name === "off") this.#begin();
    else if (this.#state.name === "on") this.#sayAgain(this.#state.session);
  }

  signalingAway() {
    this.#online = false;
  }

  /** @param {ToPage} message */
  receive(message) {
    if (this.#state.name !== "on") return;
    const session = this.#state.session;
    if (!("session" in message) || message.session !== session.id) return;
    if (message.type === "published") void this.#published(session, message);
    if (message.type === "subscribe") session.turn = session.turn.then(() => this.#subscribe(session, message));
    if (message.type === "media_lost") this.#beginSoon();
  }

  /** Sends and receives nothing any more, until `useLocal` is called again. */
  close() {
    this.#leave();
    this.#local = null;
    this.#state = { name: "off" };
    this.#report("off");
  }

  #begin() {
    this.#leave();
    const options = /** @type {RTCConfiguration} */ ({ iceServers: [], bundlePolicy: "max-bundle" });
    const session = /** @type {Session} */ ({
      id: randomWord(),
      publisher: new RTCPeerConnection(options),
      subscriber: new RTCPeerConnection(options),
      offer: 0,
      turn: Promise.resolve(),
      health: "new",
      since: Date.now(),
    });
    this.#state = { name: "on", session };
    for (const track of this.#local?.getTracks() ?? []) addSender(session.publisher, track, this.#local);
    for (const pc of [session.publisher, session.subscriber]) pc.addEventListener("connectionstatechange", () => this.#watch());
    this.#send({ type: "start_media", session: session.id });
    if (isUsed(session.publisher)) void this.#publish(session, false);
    this.#report(this.#failures ? "restoring" : "connecting");
  }

  #beginSoon() {
    this.#leave();
    const ceiling = Math.min(BACKOFF_MS.most, BACKOFF_MS.least * 2 ** this.#failures);
    this.#failures += 1;
    const timer = setTimeout(() => {
      this.#state = { name: "off" };
      if (this.#online) this.#begin();
    }, ceiling / 2 + (Math.random() * ceiling) / 2);
    this.#state = { name: "waiting", timer };
    this.#report("restoring");
  }

  #leave() {
    if (this.#state.name === "waiting") clearTimeout(this.#state.timer);
    if (this.#state.name !== "on") return;
    this.#state.session.publisher.close();
    this.#state.session.subscriber.close();
  }

  /**
   * @param {Session} session
   * @param {boolean} iceRestart
   */
  async #publish(session, iceRestart) {
    const pc = session.publisher;
    try {
      await pc.setLocalDescription(await pc.createOffer({ iceRestart }));
    } catch (error) {
      return this.#fault(session, error);
    }
    this.#sendOffer(session);
  }

  /** @param {Session} session */
  #sendOffer(session) {
    session.offer += 1;
    this.#send({ type: "publish", session: session.id, offer: session.offer, sdp: session.publisher.localDescription?.sdp ?? "" });
  }

  /**
   * @param {Session} session
   * @param {Published} message
   */
  async #published(session, message) {
    if (message.offer !== session.offer || session.publisher.signalingState !== "have-local-offer") return;
    try {
      await session.publisher.setRemoteDescription({ type: "answer", sdp: message.sdp });
    } catch (error) {
      this.#fault(session, error);
    }
  }

  /**
   * @param {Session} session
   * @param {Subscribe} message
   */
  async #subscribe(session, message) {
    if (this.#state.name !== "on" || this.#state.session !== session) return;
    const pc = session.subscriber;
    try {
      await pc.setRemoteDescription({ type: "offer", sdp: message.sdp });
      await pc.setLocalDescription(await pc.createAnswer());
    } catch (error) {
      return this.#fault(session, error);
    }
    this.#send({ type: "subscribed", session: session.id, offer: message.offer, sdp: pc.localDescription?.sdp ?? "" });
    this.#assign(pc, message.streams);
  }

  /**
   * Puts each arriving track into the stream of its seat.
   * @param {RTCPeerConnection} pc
   * @param {readonly Stream[]} streams
   */
  #assign(pc, streams) {
    const byMid = new Map(pc.getTransceivers().map((transceiver) => [transceiver.mid, transceiver.receiver.track]));
    /** @type {Map<string, Set<MediaStreamTrack>>} */
    const wanted = new Map();
    for (const { mid, seat } of streams) {
      const track = byMid.get(mid);
      if (track) wanted.set(seat, (wanted.get(seat) ?? new Set()).add(track));
    }
    for (const [seat, stream] of this.#streams) {
      for (const track of stream.getTracks()) if (!wanted.get(seat)?.has(track)) stream.removeTrack(track);
      if (!wanted.has(seat)) this.#streams.delete(seat);
    }
    for (const [seat, tracks] of wanted) {
      const stream = this.#streams.get(seat) ?? new MediaStream();
      this.#streams.set(seat, stream);
      for (const track of tracks) stream.addTrack(track);
    }
    this.dispatchEvent(new CustomEvent("streams"));
  }

  /**
   * After the signaling connection came back: what may have been lost with it is sent once more.
   * @param {Session} session
   */
  #sayAgain(session) {
    const started = ["connecting", "connected"].includes(session.publisher.connectionState);
    if (session.health === "new" && !started) return this.#begin();
    if (session.publisher.signalingState === "have-local-offer") this.#sendOffer(session);
  }

  /**
   * A new track takes the place of one of its kind, or is offered to the server.
   * @param {Session} session
   * @param {MediaStream} local
   */
  #exchange(session, local) {
    let added = false;
    for (const track of local.getTracks()) {
      const sender = session.publisher.getSenders().find((one) => one.track?.kind === track.kind);
      if (sender) void sender.replaceTrack(track).catch((error) => this.#fault(session, error));
      else addSender(session.publisher, track, local);
      added ||= !sender;
    }
    if (added) void this.#publish(session, false);
  }

  /** First a new path for the same session, then a new session. */
  #watch() {
    if (this.#state.name !== "on") return;
    const session = this.#state.session;
    const states = [session.publisher, session.subscriber].filter(isUsed).map((pc) => pc.connectionState);
    const age = Date.now() - session.since;
    if (states.every((state) => state === "connected")) {
      if (states.length) this.#failures = 0;
      setHealth(session, "fine");
      return this.#report("connected");
    }
    const failed = states.includes("failed");
    switch (session.health) {
      case "new":
        if (this.#online && (failed || age > CONNECT_MS)) this.#beginSoon();
        return;
      case "fine":
        return setHealth(session, "doubtful");
      case "doubtful": {
        const patience = failed ? 0 : states.includes("disconnected") ? DOUBT_MS : CONNECT_MS;
        if (!this.#online || age < patience) return;
        setHealth(session, "restarting");
        this.#report("restoring");
        if (isUsed(session.publisher)) void this.#publish(session, true);
        return;
      }
      case "restarting":
        if (this.#online && age > RESTART_MS) this.#beginSoon();
    }
  }

  /**
   * @param {Session} session
   * @param {unknown} error
   */
  #fault(session, error) {
    if (this.#state.name !== "on" || this.#state.session !== session) return;
    console.warn("media session begins anew:", error);
    this.#beginSoon();
  }

  /** @param {Condition} condition */
  #report(condition) {
    if (this.#condition === condition) return;
    this.#condition = condition;
    this.dispatchEvent(new CustomEvent("condition"));
  }
}

/**
 * @param {RTCPeerConnection} pc
 * @param {MediaStreamTrack} track
 * @param {MediaStream | null} stream
 */
function addSender(pc, track, stream) {
  const transceiver = pc.addTransceiver(track, { direction: "sendonly", streams: stream ? [stream] : [] });
  if (track.kind !== "video" || !transceiver.setCodecPreferences) return;
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const isVp8 = (/** @type {RTCRtpCodec} */ codec) => codec.mimeType.toLowerCase() === "video/vp8";
  try {
    transceiver.setCodecPreferences([...codecs.filter(isVp8), ...codecs.filter((codec) => !isVp8(codec))]);
  } catch {
    return; // The browser's own order has VP8 in it as well.
  }
}

/** @param {RTCPeerConnection} pc */
function isUsed(pc) {
  return pc.getTransceivers().length > 0;
}

/**
 * @param {Session} session
 * @param {Session["health"]} health
 */
function setHealth(session, health) {
  if (session.health === health) return;
  session.health = health;
  session.since = Date.now();
}
