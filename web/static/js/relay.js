// The operator's relay for connections that do not get through by themselves, if there is one. Its credentials end and are renewed
// long before. Without them a page asks nobody for a way. Knows no page and no socket.

/** @import { FromPage, Relay } from "./protocol.js" */

const RENEW_AT = 0.5;
const UNAUTHORIZED = 401;

/** @param {Relay | null} relay @returns {RTCIceServer[]} */
export function serversOf(relay) {
  return relay ? [{ urls: relay.urls, username: relay.username, credential: relay.credential }] : [];
}

export class RelayAccess {
  /** Whether the relay has said that it does not know us. */
  refused = false;
  /** @type {Relay | null} */
  #relay = null;
  #timer = 0;
  /** @type {Set<RTCPeerConnection>} */
  #connections = new Set();
  #send;

  /** @param {(message: FromPage) => boolean} send */
  constructor(send) {
    this.#send = send;
  }

  /** Where the relay is. @returns {readonly string[]} */
  get urls() {
    return this.#relay?.urls ?? [];
  }

  /** A connection that uses the relay where it must, now and after its credentials are renewed. */
  connection() {
    const pc = new RTCPeerConnection(this.#configuration());
    for (const old of this.#connections) if (old.signalingState === "closed") this.#connections.delete(old);
    this.#connections.add(pc);
    pc.addEventListener("icecandidateerror", (event) => {
      if (event.errorCode === UNAUTHORIZED) this.refused = true;
    });
    return pc;
  }

  /** @param {Relay} relay */
  take(relay) {
    this.#relay = relay;
    this.refused = false;
    for (const pc of this.#connections) {
      if (pc.signalingState === "closed") this.#connections.delete(pc);
      else pc.setConfiguration(this.#configuration()); // counts from the next ICE restart on
    }
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#send({ type: "ask_relay" }), relay.lasts_s * 1000 * RENEW_AT);
  }

  /** @returns {RTCConfiguration} */
  #configuration() {
    return { iceServers: serversOf(this.#relay), bundlePolicy: "max-bundle" };
  }
}
