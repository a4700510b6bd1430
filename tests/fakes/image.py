"""The Dockerfile read, and what it would make laid out in a folder: for tests on machines without a container engine."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Stage:
    base: str
    name: str
    steps: list[tuple[str, str]] = field(default_factory=list)

    def all(self, instruction: str) -> list[str]:
        return [value for name, value in self.steps if name == instruction]

    def last(self, instruction: str) -> str:
        return self.all(instruction)[-1]

    @property
    def environment(self) -> dict[str, str]:
        words = [word for value in self.all("ENV") for word in shlex.split(value)]
        return dict(word.split("=", 1) for word in words)

    @property
    def copies(self) -> list[tuple[str, list[str], str]]:
        """Of each COPY: the stage it takes from ("" for the checkout), sources, destination."""
        found = []
        for value in self.all("COPY"):
            words = shlex.split(value)
            options = [word for word in words if word.startswith("--")]
            *sources, destination = [word for word in words if not word.startswith("--")]
            source_stage = next((word.removeprefix("--from=") for word in options if word.startswith("--from=")), "")
            found.append((source_stage, sources, destination))
        return found


def stages(text: str) -> list[Stage]:
    found: list[Stage] = []
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    for line in re.sub(r"\\\n", " ", "\n".join(lines)).splitlines():
        instruction, _, value = line.strip().partition(" ")
        if instruction == "FROM":
            base, _, name = value.partition(" AS ")
            found.append(Stage(base.strip(), name.strip()))
        else:
            found[-1].steps.append((instruction, value.strip()))
    return found


def dockerfile() -> list[Stage]:
    return stages((ROOT / "Dockerfile").read_text())


def exec_form(value: str) -> list[str]:
    """Of CMD, ENTRYPOINT, HEALTHCHECK's command: the list, never through a shell. Raises ValueError for anything else."""
    words = json.loads(value[value.index("[") :])
    if not all(isinstance(word, str) for word in words):
        raise ValueError(value)
    return list(words)


def lay_out(folder: Path) -> None:
    """What the last stage has of the checkout, each COPY in its order; the environment (.venv) is not copied, it is too large."""
    by_name = {stage.name: stage for stage in dockerfile()}
    for source_stage, sources, destination in dockerfile()[-1].copies:
        copies = by_name[source_stage].copies if source_stage else [("", sources, destination)]
        for _, names, to in copies:
            for name in names:
                _copy(name, folder / to.removeprefix("./"), into=to.endswith("/"))
    assert (folder / "server").is_dir()


def _copy(name: str, to: Path, *, into: bool) -> None:
    source = ROOT / name
    if source.is_dir():
        shutil.copytree(source, to, ignore=shutil.ignore_patterns("__pycache__", "*.pyc", "node_modules"), dirs_exist_ok=True)
    else:
        to.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, to / source.name if into or to.is_dir() else to)


def ignored(path: str, text: str) -> bool:
    """Whether .dockerignore leaves a path out: the last rule that matches it, or a folder that it is in, counts."""
    parts = path.split("/")
    result = False
    for line in text.splitlines():
        rule = line.strip()
        if not rule or rule.startswith("#"):
            continue
        pattern = re.escape(rule.removeprefix("!").rstrip("/")).replace(r"\*\*/", "(.*/)?").replace(r"\*", "[^/]*")
        if any(re.fullmatch(pattern, "/".join(parts[: count + 1])) for count in range(len(parts))):
            result = not rule.startswith("!")
    return result
