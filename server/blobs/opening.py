"""The mirror that the settings ask for."""

from __future__ import annotations

from server.blobs.mirror import EpochOf, Mirror, NoMirror
from server.review.recorder_client import RecorderClient
from server.settings import Settings


def open_mirror(settings: Settings, recorder: RecorderClient, epoch_of: EpochOf) -> Mirror:
    """Raises SettingsError where the library for it is missing."""
    return NoMirror()
