"""docs/notifications.md tells operators everything that is sent, and nothing that is not."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec

from server.notify.notices import NoticeKind
from server.settings import Settings

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "notifications.md").read_text()
EVENT = r"[`\"]((?:take|session|review|consent|share)\.(?:ready|[a-z]+ed))[`\"]"


def test_every_kind_of_mail_is_named() -> None:
    assert [kind for kind in get_args(NoticeKind) if f"`{kind}`" not in DOCUMENT] == []


def test_every_event_is_named_and_no_other() -> None:
    reported = {name for path in (ROOT / "server").rglob("*.py") for name in re.findall(EVENT, path.read_text())}
    assert set(re.findall(EVENT, DOCUMENT)) == reported


def test_every_setting_is_named() -> None:
    ours = [field.name for field in msgspec.structs.fields(Settings) if field.name.startswith(("smtp_", "mail_", "webhook_"))]
    assert [name for name in ours if name not in DOCUMENT] == []


def test_every_reason_is_explained() -> None:
    codes = {code for path in (ROOT / "server" / "notify").glob("*.py") for code in re.findall(r'Failed\("(\w+)"', path.read_text())}
    assert [code for code in sorted(codes) if f"`{code}`" not in DOCUMENT] == []
