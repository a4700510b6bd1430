// How tracks get onto a peer connection, and what arrives into one stream per seat. Knows neither sessions nor signaling.

/**
 * @param {RTCPeerConnection} pc
 * @param {MediaStreamTrack} track
 */
export function addSender(pc, track) {
  const transceiver = pc.addTransceiver(track, { direction: "sendonly" });
  if (track.kind !== "video" || !transceiver.setCodecPreferences) return transceiver;
  const codecs = RTCRtpSender.getCapabilities("video")?.codecs ?? [];
  const isVp8 = (/** @type {RTCRtpCodec} */ codec) => codec.mimeType.toLowerCase() === "video/vp8";
  try {
    transceiver.setCodecPreferences([...codecs.filter(isVp8), ...codecs.filter((codec) => !isVp8(codec))]);
  } catch {
    return transceiver; // The browser's own order has VP8 in it as well.
  }
  return transceiver;
}

/**
 * Makes each seat's stream hold exactly these tracks.
 * @param {Map<string, MediaStream>} streams
 * @param {ReadonlyMap<string, ReadonlySet<MediaStreamTrack>>} wanted
 */
export function settle(streams, wanted) {
  for (const [seat, stream] of streams) {
    for (const track of stream.getTracks()) if (!wanted.get(seat)?.has(track)) stream.removeTrack(track);
    if (!wanted.has(seat)) streams.delete(seat);
  }
  for (const [seat, tracks] of wanted) {
    const stream = streams.get(seat) ?? new MediaStream();
    streams.set(seat, stream);
    for (const track of tracks) stream.addTrack(track);
  }
}

/**
 * Where the offer announces stereo, the answer must ask for it (RFC 7587 6.1); browsers decode one channel otherwise.
 * @param {string} answer
 * @param {string} offer
 */
export function withStereo(answer, offer) {
  const types = new Set([...offer.matchAll(/^a=fmtp:(\d+) .*sprop-stereo=1/gm)].map(([, type]) => String(type)));
  return [...types].reduce((sdp, type) => sdp.replaceAll(new RegExp(`^a=fmtp:${type} (?!(.*;)?stereo=1)`, "gm"), "$&stereo=1;"), answer);
}
