"""Long work for one version of one recording, as values: what is to be made, how far it is, and what becomes of it.

Must not know where jobs are kept nor how they are done.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

JobKind = Literal["film", "pictures", "waveform"]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
JobError = Literal["", "crashed", "silent", "not_started", "refused", "damaged", "disk", "storage", "lost"]

BY_ITSELF: tuple[JobKind, ...] = ("pictures", "waveform")
PRIORITY_BY_ITSELF = 10
PRIORITY_ASKED = 0
PRIORITY_AWAITED = 100  # somebody else sits and waits for it
MOST_ATTEMPTS = 3


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    """`at_ms` is counted from the take's start, as everywhere here."""

    at_ms: int
    title: str


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    at_ms: int
    label: str


class Spec(msgspec.Struct, frozen=True, kw_only=True):
    """What goes into it. `people` are names by peer of the voices in the recording; `labels` are words in the asker's language."""

    screen_version: str = ""
    title: str = ""
    teacher: str = ""
    people: dict[str, str] = {}
    phases: tuple[Phase, ...] = ()
    moments: tuple[Moment, ...] = ()
    labels: dict[str, str] = {}


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """`error`: why the last attempt failed. `result`: sizes in bytes of what it made, by name."""

    job: str
    kind: JobKind
    take: str
    version: str
    spec: Spec = Spec()
    state: JobState = "queued"
    priority: int = PRIORITY_BY_ITSELF
    progress: float = 0.0
    attempts: int = 0
    not_before_ms: int = 0
    error: JobError = ""
    result: dict[str, int] = {}


def order_of(job: Job, data: Path, keys: Path) -> bytes:
    """What its process is told: one JSON object."""
    where = {"kind": job.kind, "data": str(data), "keys": str(keys), "take": job.take, "version": job.version}
    return msgspec.json.encode(where | msgspec.structs.asdict(job.spec))
