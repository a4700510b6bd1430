// The server's line for news about a recording or a person: names of what has changed, nothing else. It comes back by itself, and says
// `again` when it does: what happened meanwhile was missed.

const RETRY_MS = { least: 500, most: 10_000 };

/** Events: one named after each piece of news, with its value as detail; `again`; and `gone`, which is the last. */
export class News extends EventTarget {
  #url;
  /** @type {WebSocket | null} */
  #line = null;
  #failures = 0;
  #opened = false;
  #over = false;

  /** @param {string} path such as "/recordings/TAKE/news" */
  constructor(path) {
    super();
    this.#url = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}${path}`;
    addEventListener("pagehide", () => this.#line?.close());
    addEventListener("pageshow", (event) => event.persisted && this.#connect());
    addEventListener("online", () => this.#line === null && this.#connect());
    this.#connect();
  }

  #connect() {
    if (this.#over) return;
    const line = (this.#line = new WebSocket(this.#url));
    line.addEventListener("open", () => {
      this.#failures = 0;
      if (this.#opened) this.dispatchEvent(new CustomEvent("again"));
      this.#opened = true;
    });
    line.addEventListener("message", ({ data }) => this.#hear(JSON.parse(data)));
    line.addEventListener("close", () => this.#lose(line));
  }

  /** @param {{ name: string, value?: unknown }} news */
  #hear({ name, value }) {
    this.#over ||= name === "gone";
    this.dispatchEvent(new CustomEvent(name, { detail: value }));
  }

  /** @param {WebSocket} line */
  #lose(line) {
    if (line !== this.#line) return;
    this.#line = null;
    if (this.#over) return;
    const pauseMs = Math.min(RETRY_MS.most, RETRY_MS.least * 2 ** this.#failures++);
    setTimeout(() => this.#line ?? this.#connect(), pauseMs * (0.75 + Math.random() / 2));
  }
}
