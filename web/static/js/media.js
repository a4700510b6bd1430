// Two peer connections, one that sends and one that receives, and bringing them back when they break.
// Own tracks in, one MediaStream per seat out. Knows no page and no socket: it is given a way to send and told what arrives.
//
// In:  `useLocal(stream)`     voice and face, from now on exactly these tracks; disable a track to send silence or black
//      `shareScreen(stream)`  what `getDisplayMedia` gave, with or without sound; `null` stops. Who asks for it listens to the
//                             track's `ended` (the browser's own "Stop sharing") and calls `shareScreen(null)` then
// Out: `streams`              seat → voice and face
//      `screens`              seat → screen and its sound, only while it is shown to us
//      `condition`, and the events `streams` (either map has changed) and `condition`
// All of it outlives broken connections: what was sent is sent again, and a seat's stream stays the same object.

import { MediaWatch } from "./media_watch.js";
import { Offers } from "./offers.js";
import { randomWord } from "./random.js";
import { RelayAccess } from "./relay.js";
import { addSender, layersOf, replaceTrack, setLayers, settle, withStereo } from "./tracks.js";

/** @import { FromPage, ToPage, Source, Stream, Subscribe, Published } from "./protocol.js" */

/**
 * @typedef {object} Session
 * @property {string} id random word, new each time everything begins anew
 * @property {RTCPeerConnection} publisher
 * @property {RTCPeerConnection} subscriber
 * @property {Offers} offers of the publisher
 * @property {Map<Source, RTCRtpTransceiver>} lines what each source is sent on; the line of one that ended is used again
 * @property {Promise<void>} turn subscriptions are answered one after the other
 * @property {MediaWatch} watch
 */
/** @typedef {{ name: "off" } | { name: "on", session: Session } | { name: "waiting", timer: number }} State */
/** @typedef {"off" | "connecting" | "connected" | "restoring"} Condition */

const WATCH_MS = 250;
const FORGOTTEN_MS = 50_000; // a minute after a page has gone the server lets go of its connections
const BACKOFF_MS = { least: 300, most: 2_500 };
/** @type {Record<string, [face: Source, screen: Source]>} by a track's kind */
const SOURCES = { audio: ["microphone", "screen_sound"], video: ["camera", "screen"] };

/**
 * Events: `streams` when what arrives has changed, `condition` when the connection has; `doubt` when nothing arrives that should,
 * `relief` when it does again: whoever has the signaling connection may look after it then.
 */
export class Media extends EventTarget {
  /** @type {State} */
  #state = { name: "off" };
  /** @type {Map<string, MediaStream>} */
  #streams = new Map();
  /** @type {Map<string, MediaStream>} */
  #screens = new Map();
  /** @type {Condition} */
  #condition = "off";
  /** @type {MediaStream | null} */
  #local = null;
  /** @type {MediaStream | null} */
  #screen = null;
  #large = false;
  #online = false;
  #awayMs = 0;
  #failures = 0;
  #doubts = false;
  #send;

  /** @param {(message: FromPage) => boolean} send */
  constructor(send) {
    super();
    this.#send = send;
    this.relay = new RelayAccess(send);
    setInterval(() => this.#watch(), WATCH_MS);
    for (const type of ["online", "pageshow"]) addEventListener(type, () => this.lookClosely());
    const network = /** @type {{ connection?: EventTarget }} */ (navigator).connection;
    network?.addEventListener("change", () => this.lookClosely());
  }

  /** @returns {ReadonlyMap<string, MediaStream>} */
  get streams() {
    return this.#streams;
  }

  /** @returns {ReadonlyMap<string, MediaStream>} */
  get screens() {
    return this.#screens;
  }

  get condition() {
    return this.#condition;
  }

  /** Both connections, for support and tests. */
  get connections() {
    const state = this.#state;
    return state.name === "on" ? { session: state.session.id, publisher: state.session.publisher, subscriber: state.session.subscriber } : null;
  }

  /**
   * Sends these tracks from now on; an empty stream is somebody who only listens.
   * @param {MediaStream} local
   */
  useLocal(local) {
    this.#local = local;
    if (this.#state.name === "off" && this.#online) this.#begin();
    else if (this.#state.name === "on") this.#exchange(this.#state.session);
  }

  /**
   * Sends it beside voice and face, in place of an earlier one.
   * @param {MediaStream | null} screen
   */
  shareScreen(screen) {
    const hint = screen?.getAudioTracks().length ? "motion" : "detail"; // a film, or something to read
    for (const track of screen?.getVideoTracks() ?? []) track.contentHint ||= hint;
    this.#screen = screen;
    if (this.#state.name === "on") this.#exchange(this.#state.session);
  }

  /**
   * Whether the own face is shown large, or soon will be: only then it is sent in full quality too.
   * @param {boolean} large
   */
  showLarge(large) {
    if (this.#large === large) return;
    this.#large = large;
    if (this.#state.name === "on") this.#fit(this.#state.session);
  }

  /** @param {Session} session */
  #fit(session) {
    const sender = session.lines.get("camera")?.sender;
    if (sender?.track) void setLayers(sender, layersOf("camera", sender.track, this.#large));
  }

  /** The signaling connection is there, for the first time or again. */
  signalingOpen() {
    this.#online = true;
    if (this.#local === null) return;
    if (this.#state.name !== "on") this.#begin();
    else this.#sayAgain(this.#state.session);
  }

  signalingAway() {
    if (this.#online) this.#awayMs = Date.now();
    this.#online = false;
  }

  /** The device woke, or its network may be another one. */
  lookClosely() {
    if (this.#state.name !== "on") return;
    this.#state.session.watch.nudge(Date.now());
    this.#watch();
  }

  /** @param {ToPage} message */
  receive(message) {
    if (message.type === "relay") return this.relay.take(message);
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
    this.#screen = null;
    this.#state = { name: "off" };
    this.#report("off");
  }

  #begin() {
    this.#leave();
    const [publisher, subscriber] = [this.relay.connection(), this.relay.connection()];
    const session = /** @type {Session} */ ({
      id: randomWord(),
      publisher,
      subscriber,
      offers: new Offers(publisher, (offer, sdp) => this.#sendOffer(session, offer, sdp)),
      lines: new Map(),
      turn: Promise.resolve(),
      watch: new MediaWatch(publisher, subscriber, Date.now()),
    });
    this.#state = { name: "on", session };
    this.#fill(session);
    for (const pc of [publisher, subscriber]) pc.addEventListener("connectionstatechange", () => this.#watch());
    this.#send({ type: "start_media", session: session.id });
    if (isUsed(publisher)) this.#publish(session, false);
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
  #publish(session, iceRestart) {
    session.offers.make(iceRestart).catch((error) => this.#fault(session, error));
  }

  /**
   * @param {Session} session
   * @param {number} offer
   * @param {string} sdp
   */
  #sendOffer(session, offer, sdp) {
    const sending = [...session.lines].filter(([, line]) => line.mid !== null && line.direction === "sendonly");
    const sources = Object.fromEntries(sending.map(([source, line]) => [line.mid, source]));
    this.#send({ type: "publish", session: session.id, offer, sdp, sources });
  }

  /**
   * @param {Session} session
   * @param {Published} message
   */
  async #published(session, message) {
    try {
      if (!(await session.offers.answered(message.offer, message.sdp))) return;
      session.watch.answered(Date.now());
      this.#fit(session); // an answer brings back what was so at the time of the offer
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
      const { sdp = "" } = await pc.createAnswer();
      await pc.setLocalDescription({ type: "answer", sdp: withStereo(sdp, message.sdp) });
    } catch (error) {
      return this.#fault(session, error);
    }
    this.#send({ type: "subscribed", session: session.id, offer: message.offer, sdp: pc.localDescription?.sdp ?? "" });
    this.#assign(pc, message.streams);
  }

  /**
   * Puts each arriving track into the stream of its seat, faces and screens apart.
   * @param {RTCPeerConnection} pc
   * @param {readonly Stream[]} streams
   */
  #assign(pc, streams) {
    const byMid = new Map(pc.getTransceivers().map((transceiver) => [transceiver.mid, transceiver.receiver.track]));
    for (const [place, arriving] of [this.#streams, this.#screens].entries()) {
      /** @type {Map<string, Set<MediaStreamTrack>>} */
      const wanted = new Map();
      for (const { mid, seat, source } of streams) {
        const track = byMid.get(mid);
        if (track && SOURCES[track.kind]?.[place] === source) wanted.set(seat, (wanted.get(seat) ?? new Set()).add(track));
      }
      settle(arriving, wanted);
    }
    this.dispatchEvent(new CustomEvent("streams"));
  }

  /**
   * After the signaling connection came back: what may have been lost with it is sent once more.
   * @param {Session} session
   */
  #sayAgain(session) {
    const { watch, publisher } = session;
    const now = Date.now();
    const started = watch.hasConnected || ["connecting", "connected"].includes(publisher.connectionState);
    if (!started || (!watch.isFine && now - this.#awayMs > FORGOTTEN_MS)) return this.#begin();
    if (watch.reachable(now) === "restart") return this.#restart(session);
    void session.offers.repeat();
  }

  /** @param {Session} session */
  #exchange(session) {
    if (this.#fill(session)) this.#publish(session, false);
  }

  /**
   * Puts what is to be sent on its lines: a new track takes the place of the one before, what ended leaves its line unused.
   * @param {Session} session
   * @returns {boolean} whether the server must be told
   */
  #fill(session) {
    const wanted = this.#outgoing();
    let news = false;
    for (const source of new Set([...session.lines.keys(), ...wanted.keys()])) {
      const line = session.lines.get(source);
      const track = wanted.get(source) ?? null;
      if (!line) {
        if (track) session.lines.set(source, addSender(session.publisher, track, layersOf(source, track, this.#large)));
        news = true;
        continue;
      }
      if (line.sender.track !== track) {
        void replaceTrack(line.sender, source, track, this.#large).catch((error) => this.#fault(session, error));
      }
      const direction = track ? "sendonly" : "inactive";
      news ||= line.direction !== direction;
      line.direction = direction;
    }
    return news;
  }

  /** @returns {Map<Source, MediaStreamTrack>} */
  #outgoing() {
    /** @type {Map<Source, MediaStreamTrack>} */
    const wanted = new Map();
    for (const [place, stream] of [this.#local, this.#screen].entries()) {
      for (const track of stream?.getTracks() ?? []) {
        const source = SOURCES[track.kind]?.[place];
        if (source && !wanted.has(source)) wanted.set(source, track);
      }
    }
    return wanted;
  }

  /** First a new path for the same session, then a new session. */
  #watch() {
    if (this.#state.name !== "on") return;
    const session = this.#state.session;
    const { watch } = session;
    const now = Date.now();
    watch.look(now);
    const remedy = watch.remedy(now, this.#online);
    if (watch.isFine) this.#failures = 0;
    if (watch.isFine || !watch.isUsed) this.#report("connected");
    else if (watch.isTroubled(now)) this.#report("restoring");
    this.#noteDoubts(watch.isSuspicious);
    if (remedy === "restart") this.#restart(session);
    if (remedy === "anew") this.#beginSoon();
  }

  /**
   * The server gives the other connection a new path with this one's. Who sends nothing has only new connections.
   * @param {Session} session
   */
  #restart(session) {
    if (isUsed(session.publisher)) this.#publish(session, true);
    else this.#beginSoon();
  }

  /** @param {boolean} doubts */
  #noteDoubts(doubts) {
    if (this.#doubts === doubts) return;
    this.#doubts = doubts;
    this.dispatchEvent(new CustomEvent(doubts ? "doubt" : "relief"));
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

/** @param {RTCPeerConnection} pc */
function isUsed(pc) {
  return pc.getTransceivers().length > 0;
}
