// Which place of the second try belongs to a place of the first: by phases in their order, and by places that somebody has put together.

/** @typedef {{ first: number, second: number, title: string, own: boolean }} Pair both in ms of their film */
/** @typedef {{ title: string, at_ms: number }} Phase */

/**
 * @param {Phase[]} first
 * @param {Phase[]} second
 * @param {{ first: number, second: number }[]} own
 * @returns {Pair[]} in the order of the first film, beginning with its beginning
 */
export function pairs(first, second, own) {
  const phases = first.flatMap(({ title, at_ms }, place) => {
    const other = second[place];
    return other ? [{ first: at_ms, second: other.at_ms, title, own: false }] : [];
  });
  const placed = own.map((pair) => ({ ...pair, title: "", own: true }));
  const begin = phases.some((phase) => phase.first === 0) ? [] : [{ first: 0, second: 0, title: "", own: false }];
  return [...begin, ...phases, ...placed].sort((a, b) => a.first - b.first);
}

/**
 * @param {Pair[]} all
 * @param {number} firstMs
 * @returns {number} ms of the second film
 */
export function secondAt(all, firstMs) {
  const before = all.filter(({ first }) => first <= firstMs).at(-1) ?? { first: 0, second: 0 };
  return Math.max(0, before.second + firstMs - before.first);
}
