/** A word that nobody else makes; works on pages without https too, unlike `crypto.randomUUID`. */
export function randomWord() {
  const bytes = crypto.getRandomValues(new Uint8Array(15));
  return Array.from(bytes, (byte) => byte.toString(36).padStart(2, "0")).join("");
}
