"""What is missing for a storage is said in words before anything starts."""

from __future__ import annotations

import pytest

from server.blobs.checks import check_storage
from server.settings import Settings, SettingsError

WITH = Settings(s3_bucket="files", s3_keys_bucket="keys", s3_key_id="me", s3_secret="secret")


def test_without_a_storage_nothing_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    check_storage(Settings())


def test_a_library_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(SettingsError, match=r"microteach\[s3\]"):
        check_storage(WITH)


def test_who_asks_is_needed() -> None:
    with pytest.raises(SettingsError, match="s3_key_id"):
        check_storage(Settings(s3_bucket="files", s3_keys_bucket="keys"))
