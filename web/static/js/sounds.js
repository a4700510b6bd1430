// Sounds of the page itself, made on the spot: a soft bell. Silent for whoever switched it off.

const KEY = "microteach.bell";
const PARTIALS = [
  { hz: 660, gain: 0.12, fades_s: 1.6 },
  { hz: 1320, gain: 0.04, fades_s: 0.9 },
];

/** @type {AudioContext | null} */
let shared = null;

export function bellIsOn() {
  try {
    return localStorage.getItem(KEY) !== "off";
  } catch {
    return true;
  }
}

/** @param {boolean} on */
export function setBell(on) {
  try {
    localStorage.setItem(KEY, on ? "on" : "off");
  } catch {
    return;
  }
}

/** One stroke. Does nothing where the browser wants a tap before it plays anything. */
export function ringBell() {
  const context = (shared ??= new AudioContext());
  if (context.state === "suspended") void context.resume().catch(() => null);
  const now = context.currentTime;
  for (const { hz, gain, fades_s } of PARTIALS) {
    const tone = new OscillatorNode(context, { frequency: hz });
    const volume = new GainNode(context, { gain: 0 });
    volume.gain.setValueAtTime(0, now);
    volume.gain.linearRampToValueAtTime(gain, now + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.0001, now + fades_s);
    tone.connect(volume).connect(context.destination);
    tone.start(now);
    tone.stop(now + fades_s);
  }
}
