// The start page works without this; here doors learn not to be opened twice, and times are told in this device's time zone.

import { setText } from "../dom.js";
import { News } from "../news.js";
import { submitOnce } from "../submit_once.js";
import * as words from "../words.js";

for (const form of document.querySelectorAll("main form")) if (form instanceof HTMLFormElement) submitOnce(form);
for (const time of document.querySelectorAll("time")) setText(time, words.dayAndTime(Number(time.dataset.ms)));
if (document.getElementById("waiting")) follow(new News("/me/news"));

/** Whatever has come up is shown at once, unless somebody is writing here. @param {News} news */
function follow(news) {
  const fields = [...document.querySelectorAll("main input[type=text], main input:not([type]), main textarea")];
  const writes = () => fields.some((field) => field instanceof HTMLInputElement && field.value !== field.defaultValue);
  for (const name of ["home", "again"]) news.addEventListener(name, () => writes() || location.reload());
}
