// The page on paper works without this; here times are told in this device's time zone, and there is a button that prints.

import { byId, setText, show } from "../dom.js";
import * as words from "../words.js";

for (const time of document.querySelectorAll("time")) setText(time, words.dayAndTime(Number(time.dataset.ms)));
const button = byId("print", HTMLButtonElement);
button.addEventListener("click", () => print());
show(button, true);
