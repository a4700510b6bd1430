// Letting somebody watch: a colleague of the session at once, somebody else by a link, which is shown once.

import { emit, h, keyed, setAttribute, setText, show } from "../dom.js";
import * as words from "../words.js";
import { CopyText } from "./copy_text.js";
import { ViewElement } from "./view.js";

/** @import { Studio } from "../studio.js" */
/** @import { State as Watchers } from "./who_watches.js" */
/** @typedef {{ name: string, address: string, qr: string }} Link `qr`: a picture (SVG) */

const { list, share, link } = words.watchers;
const LASTS = /** @type {const} */ (["open", "week", "month"]);

/** Emits `given` with what the server says then. @extends {ViewElement<Pick<Watchers, "colleagues">>} */
export class ShareForm extends ViewElement {
  /** @type {Studio | null} */
  #studio = null;
  #people = h("div", { class: "share-people" });
  #other = radio("", share.somebodyElse);
  #name = h("input", { type: "text", id: "share-name", maxlength: 60, autocomplete: "off" });
  #named = h("div", { class: "field" }, h("label", { for: "share-name", text: share.name }), this.#name);
  #until = h("select", { id: "share-until" }, ...LASTS.map((key) => h("option", { value: key, text: share.lasts[key] })));
  #button = h("button", { type: "submit", id: "share-give" });
  #said = h("p", { class: "quiet", id: "share-said", role: "status" });
  #failed = h("p", { class: "field-error", role: "alert", hidden: true });
  #form = h("form", { class: "share-form", on: { submit: (event) => void this.#submit(event), change: () => this.#choose() } });
  #link = new LinkOnce();

  /** @param {Studio} studio */
  connect(studio) {
    this.#studio = studio;
  }

  build() {
    const who = h("fieldset", { class: "field" }, h("legend", { text: share.who }), this.#people, this.#other);
    const until = h("div", { class: "field" }, h("label", { for: "share-until", text: share.until }), this.#until);
    this.#form.append(who, this.#named, until, this.#failed, this.#button);
    this.append(h("details", { id: "share" }, h("summary", { text: share.open }), this.#form), this.#said, this.#link);
    show(this.#link, false);
    this.#link.addEventListener("done", () => this.querySelector("summary")?.focus());
  }

  /** @param {Pick<Watchers, "colleagues">} state */
  update({ colleagues }) {
    const chosen = this.#chosen;
    keyed(this.#people, colleagues, ({ person }) => person, ({ person, name }) => radio(person, name), () => {});
    show(this.#other, colleagues.length > 0);
    if (!colleagues.some(({ person }) => person === chosen)) check(this.#form, colleagues[0]?.person ?? "");
    this.#choose();
  }

  /** What was said last is not so any more. */
  forget() {
    setText(this.#said, "");
  }

  get #chosen() {
    const input = this.#form.querySelector("input[name=share-who]:checked");
    return input instanceof HTMLInputElement ? input.value : null;
  }

  #choose() {
    const other = this.#chosen === "";
    show(this.#named, other);
    setAttribute(this.#name, "required", other);
    setText(this.#button, other ? share.make : share.give);
  }

  /** @param {SubmitEvent} event */
  async #submit(event) {
    event.preventDefault();
    if (this.#form.hasAttribute("aria-busy")) return;
    setAttribute(this.#form, "aria-busy", "true");
    const person = this.#chosen ?? "";
    const name = person ? (this.#form.querySelector("input:checked")?.parentElement?.textContent ?? "") : this.#name.value;
    const answer = await this.#studio?.ask("/permissions", { method: "POST", body: { person, name, until: this.#until.value } });
    setAttribute(this.#form, "aria-busy", null);
    setText(this.#failed, answer?.body?.message ?? list.failed);
    show(this.#failed, !answer?.ok);
    if (!answer?.ok) return;
    this.#name.value = "";
    this.querySelector("details")?.removeAttribute("open");
    setText(this.#said, person ? share.may(name) : "");
    if (answer.body.link) this.#link.render(answer.body.link);
    else this.querySelector("summary")?.focus();
    emit(this, "given", answer.body);
  }
}

/** The link, as long as its maker looks at it. Emits `done`. @extends {ViewElement<Link>} */
class LinkOnce extends ViewElement {
  #title = h("h3", { tabindex: "-1" });
  #copy = new CopyText();
  #qr = h("img", { class: "share-qr", width: 148, height: 148 });

  build() {
    const done = h("button", { type: "button", class: "link", text: link.done, on: { click: () => this.#close() } });
    this.append(this.#title, h("p", { text: link.once }), h("div", { class: "share-link" }, this.#copy, this.#qr), done);
  }

  /** @param {Link} made */
  update({ name, address, qr }) {
    setText(this.#title, link.title(name));
    this.#copy.render({ label: link.copy, text: address, visible: true });
    setAttribute(this.#qr, "alt", link.picture(name));
    setAttribute(this.#qr, "src", `data:image/svg+xml,${encodeURIComponent(qr)}`);
    show(this, true);
    this.#title.focus();
  }

  #close() {
    this.#copy.render({ label: link.copy, text: "", visible: true });
    this.#qr.removeAttribute("src");
    show(this, false);
    emit(this, "done");
  }
}

/**
 * @param {string} value
 * @param {string} label
 */
function radio(value, label) {
  return h("label", { class: "share-choice" }, h("input", { type: "radio", name: "share-who", value }), h("span", { text: label }));
}

/**
 * @param {HTMLFormElement} form
 * @param {string} person
 */
function check(form, person) {
  for (const input of form.querySelectorAll("input[name=share-who]")) if (input instanceof HTMLInputElement) input.checked = input.value === person;
}

customElements.define("share-form", ShareForm);
customElements.define("link-once", LinkOnce);
