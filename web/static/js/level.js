// How loud a microphone is, many times a second, from 0 (silence) to 1. Knows no page.

const QUIETEST_DB = -60;

export class LevelMeter {
  #context = new AudioContext();
  #frame = 0;

  /**
   * @param {MediaStream} stream
   * @param {(level: number) => void} hear
   */
  constructor(stream, hear) {
    const analyser = this.#context.createAnalyser();
    analyser.fftSize = 1024;
    this.#context.createMediaStreamSource(stream).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const look = () => {
      analyser.getFloatTimeDomainData(samples);
      hear(levelOf(samples));
      this.#frame = requestAnimationFrame(look);
    };
    this.#frame = requestAnimationFrame(look);
    this.wake();
  }

  /** Some browsers begin to listen only after a tap. */
  wake() {
    if (this.#context.state === "suspended") void this.#context.resume().catch(() => null);
  }

  close() {
    cancelAnimationFrame(this.#frame);
    void this.#context.close();
  }
}

/** @param {Float32Array} samples */
function levelOf(samples) {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  const db = 10 * Math.log10(sum / samples.length + 1e-12);
  return Math.min(1, Math.max(0, 1 - db / QUIETEST_DB));
}
