// People's text with a little markup, as the server has read it: a tree of which nodes are made here, none of them from a string.

import { h } from "./dom.js";

/** @typedef {string | { tag: "p" | "br" | "em" | "strong" | "ul" | "ol" | "li" | "a" | "code" | "pre", href?: string, children?: Rich[] }} Rich */

const TAGS = /** @type {const} */ (["p", "br", "em", "strong", "ul", "ol", "li", "a", "code", "pre"]);

/** @param {readonly Rich[]} tree @returns {(Node | string)[]} */
export function nodesOf(tree) {
  return tree.map((each) => (typeof each === "string" ? each : element(each)));
}

/** @param {Exclude<Rich, string>} rich */
function element({ tag, href = "", children = [] }) {
  if (!TAGS.includes(tag)) return document.createTextNode("");
  const leads = tag === "a" && /^https?:\/\//i.test(href);
  return h(tag, leads ? { href, target: "_blank", rel: "noopener noreferrer nofollow" } : {}, ...nodesOf(children));
}
