"""What a person waits for when they enter a room does not grow unnoticed. What is seen later is fetched `later` (room_views.js)."""

from pathlib import PurePosixPath

from server.pages.modules import all_imported
from server.pages.static_files import StaticFiles

MOST_SCRIPTS = 112
MOST_BYTES = 420_000
MOST_SENT_BYTES = 156_000


def test_the_room_comes_with_few_scripts() -> None:
    files = StaticFiles()

    def text(name: PurePosixPath) -> str:
        found = files.file(str(name), "de")
        assert found is not None, f"{name} is imported and not there"
        return found.body.decode()

    scripts = [files.file(name, "de") for name in all_imported("js/pages/room.js", text)]
    loaded = [script for script in scripts if script is not None]
    assert len(loaded) <= MOST_SCRIPTS
    assert sum(len(script.body) for script in loaded) <= MOST_BYTES
    assert sum(len(script.packed or script.body) for script in loaded) <= MOST_SENT_BYTES
