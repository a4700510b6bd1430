"""The few lines of JavaScript that the driver runs in pages."""

from typing import Final

# The first match in document order, open shadow roots included.
DEEP_QUERY_JS: Final = """
(selector) => {
  const search = (root) => {
    const found = root.querySelector(selector);
    if (found) return found;
    for (const host of root.querySelectorAll("*")) {
      const inside = host.shadowRoot && search(host.shadowRoot);
      if (inside) return inside;
    }
    return null;
  };
  return search(document);
}
"""

# {x, y} in the viewport when a pointer there meets the element and it stands still; else {why}.
REACHABLE_JS: Final = """
async function () {
  const element = this.nodeType === Node.ELEMENT_NODE ? this : this.parentElement;
  if (!element?.isConnected) return { why: "it has left the page" };
  if (element.matches(":disabled, [aria-disabled=true]")) return { why: "it is disabled" };
  element.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const frame = () => new Promise((done) => { requestAnimationFrame(done); setTimeout(done, 100); });
  const before = element.getBoundingClientRect();
  await frame();
  await frame();
  // An inline element on several lines is pressed in its largest piece.
  const boxes = [...element.getClientRects()].sort((a, b) => b.width * b.height - a.width * a.height);
  const after = element.getBoundingClientRect();
  if (!boxes.length || !boxes[0].width || !boxes[0].height) return { why: "it has no size" };
  if (before.top !== after.top || before.left !== after.left) return { why: "it moves" };
  const x = boxes[0].left + boxes[0].width / 2, y = boxes[0].top + boxes[0].height / 2;
  let hit = document.elementFromPoint(x, y);
  while (hit?.shadowRoot) {
    const inner = hit.shadowRoot.elementFromPoint(x, y);
    if (!inner || inner === hit) break;
    hit = inner;
  }
  const label = hit?.closest("label");
  let reached = label && label.control === element;
  for (let node = hit; node; node = node.parentNode ?? node.host) reached ||= node === element;
  if (reached) {
    element.pressedByDriver = false;
    element.addEventListener("click", () => { element.pressedByDriver = true; }, { capture: true, once: true });
    return { x, y };
  }
  return { why: hit ? `it is covered by ${hit.outerHTML.slice(0, 200)}` : "it is outside the window" };
}
"""

# Whether the press that followed came to the element. A page can move between the look and the press; what left the page was pressed.
PRESSED_JS: Final = """
function () {
  const element = this.nodeType === Node.ELEMENT_NODE ? this : this.parentElement;
  return !element?.isConnected || element.pressedByDriver !== false;
}
"""

# "set" when the value is set by script (what typing cannot do), "selected" when typed text will replace the content.
SET_OR_SELECT_JS: Final = """
function (text) {
  this.scrollIntoView({ block: "center", behavior: "instant" });
  this.focus();
  const byScript = this.tagName === "SELECT" || ["range", "date", "time", "datetime-local", "month", "week", "color"].includes(this.type);
  if (!byScript) {
    if (this.disabled || this.readOnly) throw new Error("the field cannot be written");
    if (this.select) this.select(); else document.getSelection().selectAllChildren(this);
    return "selected";
  }
  const option = [...(this.options ?? [])].find((each) => each.value === text || each.label === text);
  if (this.options && !option) throw new Error(`no choice ${text}`);
  this.value = option ? option.value : text;
  this.dispatchEvent(new Event("input", { bubbles: true }));
  this.dispatchEvent(new Event("change", { bubbles: true }));
  return "set";
}
"""

# Two slides, as somebody would choose them: the window that chooses files is the system's own.
BRING_SLIDES_JS = """(async () => {
    const files = new DataTransfer();
    for (const colour of ["white", "linen"]) {
        const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 360 });
        const context = canvas.getContext("2d");
        context.fillStyle = colour;
        context.fillRect(0, 0, 640, 360);
        const picture = await new Promise((done) => canvas.toBlob(done));
        files.items.add(new File([picture], `${colour}.png`, { type: "image/png" }));
    }
    const input = document.getElementById("slides-file");
    input.files = files.files;
    input.dispatchEvent(new Event("change"));
})()"""
