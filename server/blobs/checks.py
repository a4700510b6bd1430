"""Whether what the settings ask of the storage can be had, said before anything is started."""

from __future__ import annotations

import importlib.util

from server.settings import Settings, SettingsError


def check_storage(settings: Settings) -> None:
    """Raises SettingsError."""
    if not settings.s3_bucket:
        return
    if not settings.s3_key_id:
        raise SettingsError("s3_key_id: with s3_bucket, who asks for files there, and s3_secret")
    if importlib.util.find_spec("obstore") is None:
        raise SettingsError('s3_bucket: the library for it is missing: pip install "microteach[s3]"')
