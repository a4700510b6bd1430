// Setting up a session works without this. Here a phone asks one question at a time, and formats say when they end.

import { h, setAttribute, setText, show } from "../dom.js";
import { submitOnce } from "../submit_once.js";
import * as words from "../words.js";

const PHONE = matchMedia("(width < 40rem)");

/** The parts of a form, one after the other where the screen is narrow. */
class Steps {
  #steps;
  #end;
  #at = 0;
  #next = h("button", { type: "button", class: "primary", id: "next-step", text: words.setUp.next, on: { click: () => this.#go(1) } });
  #back = h("button", { type: "button", class: "link", id: "previous-step", text: words.setUp.back, on: { click: () => this.#go(-1) } });

  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.#steps = [...form.querySelectorAll(".step")].filter((step) => step instanceof HTMLElement);
    this.#end = [...form.querySelectorAll(":scope > .form-end")].filter((end) => end instanceof HTMLElement);
    form.append(h("div", { class: "form-end step-buttons" }, this.#next, this.#back));
    PHONE.addEventListener("change", () => this.#show());
    window.addEventListener("pageshow", () => this.#show());
    this.#show();
  }

  /** @param {number} by */
  #go(by) {
    if (by > 0 && !this.#answered()) return;
    this.#at += by;
    this.#show();
    const field = this.#steps[this.#at]?.querySelector("input:checked, input:not([type=hidden])");
    if (field instanceof HTMLElement) field.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  #answered() {
    const fields = [...(this.#steps[this.#at]?.querySelectorAll("input") ?? [])];
    return fields.every((field) => field.checkValidity() || !field.reportValidity());
  }

  #show() {
    const last = this.#at === this.#steps.length - 1;
    for (const [index, step] of this.#steps.entries()) show(step, !PHONE.matches || index === this.#at);
    for (const end of this.#end) show(end, !PHONE.matches || last);
    show(this.#next, PHONE.matches && !last);
    show(this.#back, PHONE.matches && this.#at > 0);
  }
}

function tellEnds() {
  const starts = document.getElementById("starts");
  const startsMs = document.getElementById("starts-ms");
  if (!(starts instanceof HTMLInputElement) || !(startsMs instanceof HTMLInputElement)) return;
  const tell = () => {
    const begins = starts.value ? new Date(starts.value).getTime() : NaN;
    const known = Number.isFinite(begins);
    startsMs.value = known ? String(begins) : "";
    for (const end of document.querySelectorAll("[data-minutes]")) {
      if (!(end instanceof HTMLElement)) continue;
      const ms = (known ? begins : Date.now()) + Number(end.dataset.minutes) * 60_000;
      setText(end, ` – ${known ? words.setUp.ends(ms) : words.setUp.endsIfNow(ms)}`);
    }
  };
  starts.addEventListener("input", tell);
  window.addEventListener("pageshow", tell);
  const now = new Date();
  setAttribute(starts, "min", new Date(now.getTime() - now.getTimezoneOffset() * 60_000).toISOString().slice(0, 16));
  tell();
}

for (const form of document.querySelectorAll("form.steps")) {
  if (!(form instanceof HTMLFormElement)) continue;
  submitOnce(form);
  new Steps(form);
}
tellEnds();
