import { setAttribute } from "./dom.js";

/**
 * A form that is on its way is not sent a second time; coming back to the page makes it usable again.
 * @param {HTMLFormElement} form
 */
export function submitOnce(form) {
  let sent = false;
  form.addEventListener("submit", (event) => {
    if (sent) event.preventDefault();
    sent = true;
    setAttribute(form, "aria-busy", "true");
  });
  window.addEventListener("pageshow", () => {
    sent = false;
    setAttribute(form, "aria-busy", null);
  });
}
