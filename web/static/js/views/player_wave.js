// How loud the voices are over the whole recording, as a picture behind its time line (docs/products.md has the format).

import { h } from "../dom.js";

const HEADER_BYTES = 2;
const PX_EACH = 3;
const BAR_PX = 2;
/** Quiet speech is to be seen, too. */
const CURVE = 0.6;

/** In the colour of its text. */
export class PlayerWave {
  canvas = h("canvas", { class: "line-wave", "aria-hidden": "true" });
  /** @type {string | null} */
  #address = null;
  /** @type {Uint8Array} */
  #peaks = new Uint8Array();

  constructor() {
    new ResizeObserver(() => this.#draw()).observe(this.canvas);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", () => this.#draw());
    }
  }

  /** @param {string | null} address */
  show(address) {
    if (address === this.#address) return;
    this.#address = address;
    this.#peaks = new Uint8Array();
    this.#draw();
    if (address !== null) void this.#load(address);
  }

  /** @param {string} address */
  async #load(address) {
    const response = await fetch(address).catch(() => null);
    const bytes = response?.ok ? await response.arrayBuffer().catch(() => null) : null;
    if (bytes === null || bytes.byteLength <= HEADER_BYTES || address !== this.#address) return;
    this.#peaks = new Uint8Array(bytes, HEADER_BYTES);
    this.#draw();
  }

  #draw() {
    const { canvas } = this;
    const { clientWidth, clientHeight } = canvas;
    canvas.width = Math.round(clientWidth * devicePixelRatio);
    canvas.height = Math.round(clientHeight * devicePixelRatio);
    const paint = canvas.getContext("2d");
    if (paint === null || this.#peaks.length === 0 || clientWidth === 0) return;
    paint.scale(devicePixelRatio, devicePixelRatio);
    paint.fillStyle = getComputedStyle(canvas).color;
    const bars = Math.floor(clientWidth / PX_EACH);
    for (let bar = 0; bar < bars; bar++) {
      const height = Math.max(1, clientHeight * (loudest(this.#peaks, bar / bars, (bar + 1) / bars) / 255) ** CURVE);
      paint.fillRect(bar * PX_EACH, (clientHeight - height) / 2, BAR_PX, height);
    }
  }
}

/**
 * @param {Uint8Array} peaks
 * @param {number} from share of the whole
 * @param {number} to
 */
function loudest(peaks, from, to) {
  const first = Math.floor(from * peaks.length);
  return peaks.subarray(first, Math.max(first + 1, Math.ceil(to * peaks.length))).reduce((most, peak) => Math.max(most, peak), 0);
}
