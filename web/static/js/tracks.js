// How tracks get onto a peer connection, and what arrives into one stream per seat. Knows neither sessions nor signaling.

const SMALL_HEIGHT = 180;

/** @import { Source } from "./protocol.js" */

/**
 * A picture is sent in two qualities beside each other, where the browser can. The server knows the lower one as "l" and the upper as "h".
 * @param {RTCPeerConnection} pc
 * @param {MediaStreamTrack} track
 * @param {RTCRtpEncodingParameters[]} layers
 */
export function addSender(pc, track, layers) {
  const transceiver = addLine(pc, track, layers);
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
 * @param {RTCPeerConnection} pc
 * @param {MediaStreamTrack} track
 * @param {RTCRtpEncodingParameters[]} layers
 */
function addLine(pc, track, layers) {
  try {
    return pc.addTransceiver(track, { direction: "sendonly", sendEncodings: layers });
  } catch {
    return pc.addTransceiver(track, { direction: "sendonly" });
  }
}

/**
 * The lowest first, each with its pictures a second: where one layer says nothing, it gets those of the other. The upper layer of a face
 * rests unless it is shown large, or soon will be. Where a line carries little, voices and then what is to be read come before faces.
 * @param {Source} source
 * @param {MediaStreamTrack} track
 * @param {boolean} large
 * @returns {RTCRtpEncodingParameters[]}
 */
export function layersOf(source, track, large) {
  if (track.kind !== "video") return [{ priority: "high" }];
  if (source === "screen") {
    return [
      { rid: "l", scaleResolutionDownBy: 2, maxBitrate: 400_000, maxFramerate: 5, priority: "high" },
      { rid: "h", maxBitrate: 2_000_000, maxFramerate: 30 },
    ];
  }
  const { width = 1280, height = 720 } = track.getSettings();
  const down = 2 ** Math.round(Math.log2(Math.min(width, height) / SMALL_HEIGHT));
  return [
    { rid: "l", scaleResolutionDownBy: Math.min(4, Math.max(1, down)), maxBitrate: 200_000, maxFramerate: 15 },
    { rid: "h", active: large, maxBitrate: 1_500_000, maxFramerate: 30 },
  ];
}

/**
 * Another camera may have another size.
 * @param {RTCRtpSender} sender
 * @param {Source} source
 * @param {MediaStreamTrack | null} track
 * @param {boolean} large
 */
export async function replaceTrack(sender, source, track, large) {
  await sender.replaceTrack(track);
  if (track) await setLayers(sender, layersOf(source, track, large));
}

/**
 * Changes what is sent on a line that is there, without the server's doing. Resolves even where the browser does not want it.
 * @param {RTCRtpSender} sender
 * @param {RTCRtpEncodingParameters[]} layers
 */
export async function setLayers(sender, layers) {
  const parameters = sender.getParameters();
  const sent = parameters.encodings ?? [];
  if (sent.length !== layers.length || !sent.some((now, at) => differs(now, layers[at]))) return;
  for (const [at, now] of sent.entries()) Object.assign(now, layers[at]);
  try {
    await sender.setParameters(parameters);
  } catch (error) {
    console.warn("a picture goes on in the quality that it has:", error);
  }
}

/**
 * @param {RTCRtpEncodingParameters} now
 * @param {RTCRtpEncodingParameters} [wanted]
 */
function differs(now, wanted) {
  const same = (now.scaleResolutionDownBy ?? 1) === (wanted?.scaleResolutionDownBy ?? 1);
  return !same || now.active !== (wanted?.active ?? true);
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
