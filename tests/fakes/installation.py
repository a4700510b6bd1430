"""The data of an installation that does not run, with files as the recorder and the slides leave them: `fill` has the rows."""

from __future__ import annotations

import json
from pathlib import Path

from server.settings import Settings
from server.store.engine import Store
from tests.fakes.filled import fill

TAKES = {"t": "s", "u": "o"}


async def make_installation(folder: Path, **more: str) -> Settings:
    """Each recording has a journal in which its own canary stands as if it were sealed, and keys of both voices."""
    settings = Settings(data=str(folder / "data"), keys=str(folder / "keys"), **more)  # type: ignore[arg-type]
    settings.data_path.mkdir(parents=True)
    async with Store(settings.database or settings.data_path / "microteach.db") as store:
        await fill(store)
    for take, session in TAKES.items():
        write_recording(settings, take, session)
    for deck in ("deck-s-ana-id", "deck-s-ben-id", "deck-o-ana-id"):
        write(settings.data_path / "slides" / deck / "1.webp", f"picture of {deck}")
    write(settings.data_path / "slides" / "incoming" / "x" / "upload", "half of it")
    write(settings.data_path / "secret", "0" * 32)
    write(settings.data_path / "reserve.bin", "nothing")
    write(settings.recordings_path / "lock", "")
    return settings


def write_recording(settings: Settings, take: str, session: str) -> None:
    data = settings.recordings_path
    journal = f"journals/{session}/{take}-1.journal"
    write(data / journal, f"sealed canary of {take} " * 100)
    write(data / "takes" / f"{take}.json", json.dumps({"take": take, "room": session, "parts": [{"part": 1, "path": journal}]}))
    write(data / "takes" / f"{take}.v1.index", f"index of {take}")
    write(data / "products" / f"{take}.v1.film.mp4", f"film of {take}")
    for voice in ("ana-id", "ben-id"):
        write(settings.keys_path / take / f"{voice}-in-{session}.microphone.key", f"key of {voice} in {take}")


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
