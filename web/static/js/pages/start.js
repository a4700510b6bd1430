// The start page is a form that works without this; here it only learns not to be sent twice.

import { byId } from "../dom.js";
import { submitOnce } from "../submit_once.js";

submitOnce(byId("set-up", HTMLFormElement));
