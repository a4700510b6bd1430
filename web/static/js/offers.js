// The offers of one sending connection: numbered, made one after the other. An answer counts for the last one only, also while that is
// still being made: taken for a later offer, it would leave lines unused that the server has on.

export class Offers {
  #pc;
  #send;
  #number = 0;
  /** @type {Promise<void>} */
  #turn = Promise.resolve();

  /**
   * @param {RTCPeerConnection} pc
   * @param {(offer: number, sdp: string) => void} send
   */
  constructor(pc, send) {
    this.#pc = pc;
    this.#send = send;
  }

  /**
   * @param {boolean} iceRestart
   * @returns {Promise<void>} rejects when the browser cannot make one
   */
  make(iceRestart) {
    return this.#next(async () => {
      this.#number += 1;
      await this.#pc.setLocalDescription(await this.#pc.createOffer({ iceRestart }));
      this.#sendLast();
    });
  }

  /** What was not answered yet may have been lost. */
  repeat() {
    return this.#next(() => {
      if (this.#pc.signalingState !== "have-local-offer") return;
      this.#number += 1;
      this.#sendLast();
    });
  }

  /**
   * @param {number} offer
   * @param {string} sdp
   * @returns {Promise<boolean>} whether it was the answer to the last one; rejects when the browser cannot take it
   */
  async answered(offer, sdp) {
    if (offer !== this.#number || this.#pc.signalingState !== "have-local-offer") return false;
    await this.#pc.setRemoteDescription({ type: "answer", sdp });
    return true;
  }

  #sendLast() {
    this.#send(this.#number, this.#pc.localDescription?.sdp ?? "");
  }

  /** @param {() => Promise<void> | void} act */
  #next(act) {
    const done = this.#turn.then(act);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}
