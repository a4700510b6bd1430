// Nodes are made once; afterwards only what differs is written. Text is set as text, never as markup.

/** @typedef {string | number | boolean | null | undefined} AttributeValue */
/** @typedef {Node | string | null | undefined} Child */

/**
 * Makes an element. `on` holds listeners, `text` its text, everything else attributes.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {{ text?: string, on?: Record<string, (event: any) => void>, [attribute: string]: any }} [options]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, options = {}, ...children) {
  const element = document.createElement(tag);
  const { text, on, ...attributes } = options;
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  if (text !== undefined) element.textContent = text;
  for (const [type, listener] of Object.entries(on ?? {})) element.addEventListener(type, listener);
  for (const child of children) if (child !== null && child !== undefined) element.append(child);
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

/**
 * A line drawing of 24 by 24 units, hidden from assistive technology.
 * @param {...string} paths
 */
export function icon(...paths) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  for (const d of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    svg.append(path);
  }
  return svg;
}

/**
 * @param {Element} element
 * @param {string} name
 * @param {AttributeValue} value false, null and undefined take the attribute away
 */
export function setAttribute(element, name, value) {
  if (value === false || value === null || value === undefined) {
    if (element.hasAttribute(name)) element.removeAttribute(name);
    return;
  }
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/**
 * @param {Node} node
 * @param {string} text
 */
export function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * @param {HTMLElement} element
 * @param {boolean} visible
 */
export function show(element, visible) {
  if (element.hidden === visible) element.hidden = !visible;
}

/** @type {WeakMap<Element, Map<string, HTMLElement>>} */
const keptNodes = new WeakMap();

/**
 * Makes the children of `parent` match `items`, in order; a node stays the same as long as its key does.
 * @template T
 * @template {HTMLElement} E
 * @param {Element} parent
 * @param {Iterable<T>} items
 * @param {(item: T) => string} keyOf
 * @param {(item: T) => E} make
 * @param {(node: E, item: T) => void} update
 */
export function keyed(parent, items, keyOf, make, update) {
  const before = /** @type {Map<string, E>} */ (keptNodes.get(parent) ?? new Map());
  const after = /** @type {Map<string, E>} */ (new Map());
  const unplaced = /** @type {Set<Element>} */ (new Set(before.values()));
  let cursor = parent.firstElementChild;
  for (const item of items) {
    const key = keyOf(item);
    const node = before.get(key) ?? make(item);
    after.set(key, node);
    before.delete(key);
    unplaced.delete(node);
    update(node, item);
    while (cursor && unplaced.has(cursor)) cursor = cursor.nextElementSibling;
    if (node === cursor) cursor = cursor.nextElementSibling;
    else parent.insertBefore(node, cursor);
  }
  for (const node of before.values()) node.remove();
  keptNodes.set(parent, after);
}

/**
 * The element with this id; a page without it is a bug.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} kind
 * @returns {T}
 */
export function byId(id, kind) {
  const element = document.getElementById(id);
  if (!(element instanceof kind)) throw new Error(`this page has no ${kind.name} #${id}`);
  return element;
}

/**
 * @param {Element} element
 * @param {string} type
 * @param {unknown} [detail]
 */
export function emit(element, type, detail) {
  element.dispatchEvent(new CustomEvent(type, { detail, bubbles: true }));
}
