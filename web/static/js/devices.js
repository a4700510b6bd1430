// Camera and microphone of this device: which ones were chosen, and opening them. Knows no page.

/** @typedef {{ camera: string | false, microphone: string | false }} DeviceChoice id, "" for any, false for none */
/** @typedef {"refused" | "missing" | "busy" | "insecure" | "unknown"} DeviceProblem */
/** @typedef {{ stream: MediaStream, problem: DeviceProblem | null }} Opened */

const KEY = "microteach.devices";
const CAMERA = { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 } };

/** @returns {DeviceChoice} */
export function rememberedDevices() {
  try {
    return { camera: "", microphone: "", ...JSON.parse(localStorage.getItem(KEY) ?? "{}") };
  } catch {
    return { camera: "", microphone: "" };
  }
}

/** @param {DeviceChoice} choice */
export function rememberDevices(choice) {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    return;
  }
}

/**
 * Opens as much as there is: both, or one of them, or nothing. Never throws.
 * @param {DeviceChoice} choice
 * @returns {Promise<Opened>}
 */
export async function openDevices(choice) {
  const video = choice.camera === false ? false : { ...CAMERA, ...(choice.camera && { deviceId: { ideal: choice.camera } }) };
  const audio = choice.microphone === false ? false : choice.microphone ? { deviceId: { ideal: choice.microphone } } : true;
  if (!video && !audio) return { stream: new MediaStream(), problem: null };
  if (!navigator.mediaDevices) return { stream: new MediaStream(), problem: "insecure" };
  const attempts = video && audio ? [{ video, audio }, { audio }, { video }] : [{ video, audio }];
  let problem = /** @type {DeviceProblem | null} */ (null);
  for (const constraints of attempts) {
    try {
      return { stream: await navigator.mediaDevices.getUserMedia(constraints), problem };
    } catch (error) {
      problem ??= problemOf(error);
      if (problem === "refused" && (await isBlocked())) break;
    }
  }
  return { stream: new MediaStream(), problem };
}

/** Cameras and microphones by name; names are known once one of them was allowed. */
export async function listDevices() {
  const devices = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? [];
  const named = devices.filter((device) => device.deviceId && device.label);
  return {
    cameras: named.filter((device) => device.kind === "videoinput"),
    microphones: named.filter((device) => device.kind === "audioinput"),
  };
}

/** @param {unknown} error @returns {DeviceProblem} */
function problemOf(error) {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "refused";
    case "NotFoundError":
    case "OverconstrainedError":
      return "missing";
    case "NotReadableError":
    case "AbortError":
      return "busy";
    default:
      return "unknown";
  }
}

/** Whether asking again would only be refused again. */
async function isBlocked() {
  const names = /** @type {PermissionName[]} */ (["camera", "microphone"]);
  try {
    const states = await Promise.all(names.map((name) => navigator.permissions.query({ name })));
    return states.every((status) => status.state === "denied");
  } catch {
    return true;
  }
}
