// Pages that work without this: forms are not sent twice, and times are told in this device's time zone.

import { setText } from "../dom.js";
import { submitOnce } from "../submit_once.js";
import * as words from "../words.js";

for (const form of document.querySelectorAll("main form")) if (form instanceof HTMLFormElement) submitOnce(form);
for (const time of document.querySelectorAll("time")) setText(time, words.dayAndTime(Number(time.dataset.ms)));
