"""The shipped formats with shorter minutes, as an operator's own: whole sessions within a test's patience."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

PLANS = Path(__file__).parents[2] / "config" / "plans"


def scaled(folder: Path, plan: str, part: float, *, grace_s: int = 3, warn_s: int = 5) -> Path:
    """Write `plan` with every length times `part` into `folder`; returns the folder, for the setting `plans`."""
    text = (PLANS / f"{plan}.toml").read_text()
    text = re.sub(r"(default|least|most) = ([\d.]+)", lambda found: f"{found[1]} = {max(0.02, float(found[2]) * part):g}", text)
    text = re.sub(r"^grace_s = \d+", f"grace_s = {grace_s}", text, flags=re.MULTILINE)
    text = re.sub(r"^warn_s = \[.*?\]", f"warn_s = [{warn_s}]", text, flags=re.MULTILINE)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{plan}.toml").write_text(text)
    return folder


def timed(folder: Path, plan: str, lengths_s: Mapping[str, int], *, grace_s: int = 3, spare_s: int = 90) -> Path:
    """As `scaled`, with a length for each phase by its key; people can shorten it to nothing and add `spare_s`."""
    lines, key = [], ""
    for line in (PLANS / f"{plan}.toml").read_text().splitlines():
        if line.startswith("key = "):
            key = line.split('"')[1]
        if line.startswith("minutes = "):
            bounds = {"default": lengths_s[key], "least": 1, "most": lengths_s[key] + spare_s}
            line = f"minutes = {{ {', '.join(f'{name} = {seconds / 60:.4f}' for name, seconds in bounds.items())} }}"
        lines.append(f"grace_s = {grace_s}" if line.startswith("grace_s = ") else line)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{plan}.toml").write_text("\n".join(lines) + "\n")
    return folder
