"""The mirror that the settings ask for."""

from __future__ import annotations

from server.blobs.checks import check_storage
from server.blobs.copying import CopyingMirror, Decks
from server.blobs.ledger import Ledgers
from server.blobs.local import Folders, Local
from server.blobs.mirror import EpochOf, Mirror, NoMirror
from server.blobs.s3 import S3
from server.blobs.signed import Place
from server.blobs.store import Store
from server.review.recorder_client import RecorderClient
from server.settings import Settings

AMAZON = "https://s3.{region}.amazonaws.com"


def open_mirror(settings: Settings, recorder: RecorderClient, epoch_of: EpochOf, decks: Decks) -> Mirror:
    """Raises SettingsError where the library for it is missing."""
    if not settings.s3_bucket:
        return NoMirror()
    folders = Folders(settings.recordings_path, settings.keys_path, settings.data_path / "slides")
    return CopyingMirror(open_store(settings), Local(folders), Ledgers(settings.data_path / "mirror"), recorder, epoch_of, decks)


def open_store(settings: Settings) -> Store:
    """Raises SettingsError."""
    check_storage(settings)
    return Store(files=S3(_place(settings, settings.s3_bucket)), keys=S3(_place(settings, settings.s3_keys_bucket)))


def _place(settings: Settings, bucket: str) -> Place:
    endpoint = (settings.s3_endpoint or AMAZON.format(region=settings.s3_region)).rstrip("/")
    return Place(endpoint, bucket, settings.s3_region, settings.s3_key_id, settings.s3_secret)
