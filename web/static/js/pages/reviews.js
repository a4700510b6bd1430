// A consultant's pages work without this: forms are not sent twice, and days are told in this device's time zone.

import { setText } from "../dom.js";
import { submitOnce } from "../submit_once.js";
import * as words from "../words.js";

for (const form of document.querySelectorAll("main form")) if (form instanceof HTMLFormElement) submitOnce(form);
for (const time of document.querySelectorAll("time")) setText(time, words.reviews.day(Number(time.dataset["ms"])));
