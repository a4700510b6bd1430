// Whether sound and picture get through from here, tried out with connections that carry nothing, and what the answer names: where
// media would go. Knows no page. It speaks to the media worker through the server, by the address that it is given.

import { serversOf } from "./relay.js";

/** @import { Relay } from "./protocol.js" */
/** @typedef {{ address: string, port: number }} Place where the server takes media in */
/**
 * @typedef {"fine" | "detour" | "blocked" | "refused" | "nowhere" | "unknown"} Outcome `detour`: by the relay only; `refused`: the relay
 * does not accept us; `nowhere`: the browser found no network at all; `unknown`: there was nothing to try it with
 */
/** @typedef {{ outcome: Outcome, places: Place[], relays: readonly string[] }} Reach */

const HEAD_START_MS = 3_000; // before the relay is tried beside the direct way
const PATIENCE_MS = 8_000;
const CANDIDATE = /^a=candidate:\S+ \d+ udp \d+ (\S+) (\d+) typ host/gim;
const LOOPBACK = /^(127\.|::1$)/;
const UNAUTHORIZED = 401;

/** @param {string} url that answers offers @returns {Promise<Reach>} */
export async function tryOut(url) {
  const direct = new Trial({ iceServers: [] });
  /** @type {Trial | null} */
  let detour = null;
  try {
    const given = await direct.begin(url);
    if (!given) return { outcome: "unknown", places: [], relays: [] };
    const found = { places: placesIn(given.sdp), relays: given.relay?.urls ?? [] };
    if (await direct.connects(HEAD_START_MS)) return { outcome: "fine", ...found };
    if (given.relay) {
      detour = new Trial({ iceServers: serversOf(given.relay), iceTransportPolicy: "relay" });
      void detour.begin(url);
    }
    const [straight, around] = await Promise.all([direct.connects(PATIENCE_MS - HEAD_START_MS), detour?.connects(PATIENCE_MS) ?? false]);
    return { outcome: straight ? "fine" : around ? "detour" : whyNot(direct, detour), ...found };
  } catch (error) {
    console.warn("the connection was not tried out:", error);
    return { outcome: "unknown", places: [], relays: [] };
  } finally {
    direct.close();
    detour?.close();
  }
}

/** Where an answer or offer of the server says that media goes. @param {string} sdp @returns {Place[]} */
export function placesIn(sdp) {
  const found = new Map([...sdp.matchAll(CANDIDATE)].map(([, address = "", port]) => [`${address} ${port}`, { address, port: Number(port) }]));
  const places = [...found.values()];
  const elsewhere = places.filter(({ address }) => !LOOPBACK.test(address));
  return elsewhere.length ? elsewhere : places;
}

/** @param {Trial} direct @param {Trial | null} detour @returns {Outcome} */
function whyNot(direct, detour) {
  if (!direct.gathered) return "nowhere";
  return detour?.refused ? "refused" : "blocked";
}

/** One connection that sends nothing. */
class Trial {
  gathered = false;
  refused = false;
  #pc;

  /** @param {RTCConfiguration} configuration */
  constructor(configuration) {
    this.#pc = new RTCPeerConnection(configuration);
    this.#pc.addTransceiver("audio", { direction: "sendonly" });
    this.#pc.addEventListener("icecandidate", ({ candidate }) => {
      if (candidate?.candidate) this.gathered = true;
    });
    this.#pc.addEventListener("icecandidateerror", ({ errorCode }) => {
      if (errorCode === UNAUTHORIZED) this.refused = true;
    });
  }

  /** @param {string} url @returns {Promise<{ sdp: string, relay: Relay | null } | null>} null: nobody answers */
  async begin(url) {
    await this.#pc.setLocalDescription(await this.#pc.createOffer());
    const body = JSON.stringify({ sdp: this.#pc.localDescription?.sdp });
    const answer = await fetch(url, { method: "POST", headers: { Accept: "application/json", "Content-Type": "application/json" }, body });
    if (!answer.ok) return null;
    const given = await answer.json();
    await this.#pc.setRemoteDescription({ type: "answer", sdp: given.sdp });
    return given;
  }

  /** @param {number} patienceMs @returns {Promise<boolean>} */
  connects(patienceMs) {
    return new Promise((done) => {
      const timer = setTimeout(() => done(false), patienceMs);
      const look = () => {
        if (this.#pc.connectionState !== "connected") return;
        clearTimeout(timer);
        done(true);
      };
      this.#pc.addEventListener("connectionstatechange", look);
      look();
    });
  }

  close() {
    this.#pc.close();
  }
}
