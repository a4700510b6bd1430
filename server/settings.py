"""The operator's settings: one frozen struct, read once from a TOML file and the environment, passed down.

`config/microteach.example.toml` shows every key with its unit and default; a test proves that they agree.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

ENVIRONMENT_PREFIX = "MT_"
Port = Annotated[int, Meta(ge=1, le=65535)]


class SettingsError(Exception):
    """A setting is wrong; the message names its key and says what is expected."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`public_url` is the address that people open, for links; empty: the one under which a page was asked for.
    `listen` is host:port for pages. `advertise` are the addresses that browsers send media to; empty means all of
    this machine's. `keys` is where recordings' keys are kept; empty means `data`/keys. `plans` is a folder of the
    operator's own formats. `sessions_at_once` may be made from one address; one more every ten seconds.
    `disk_reserve_mb` megabytes of the disk with `data` are never recorded into. `jobs_at_once`: how many films and pictures
    are made from recordings at the same time."""

    public_url: Annotated[str, Meta(pattern=r"^(https?://[^/?#]+)?$")] = ""
    listen: Annotated[str, Meta(pattern=r"^.+:\d{1,5}$")] = "127.0.0.1:8080"
    media_port: Port = 10000
    advertise: tuple[str, ...] = ()
    tls_cert: str = ""
    tls_key: str = ""
    data: str = "data"
    keys: str = ""
    plans: str = ""
    sessions_at_once: Annotated[int, Meta(ge=1)] = 20
    disk_reserve_mb: Annotated[int, Meta(ge=50)] = 200
    jobs_at_once: Annotated[int, Meta(ge=1, le=16)] = 1

    @property
    def host(self) -> str:
        return self.listen.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        return int(self.listen.rpartition(":")[2])

    @property
    def secure(self) -> bool:
        """Whether people open pages by https, here or at a proxy in front."""
        return bool(self.tls_cert) or self.public_url.startswith("https:")

    @property
    def url(self) -> str:
        """What is printed at the start."""
        if self.public_url:
            return self.public_url
        scheme = "https" if self.tls_cert else "http"
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, f"[{self.host}]" if ":" in self.host else self.host)
        return f"{scheme}://{host}:{self.port}"

    @property
    def data_path(self) -> Path:
        return Path(self.data).resolve()

    @property
    def recordings_path(self) -> Path:
        return self.data_path / "recordings"

    @property
    def plans_path(self) -> Path | None:
        return Path(self.plans).resolve() if self.plans else None

    @property
    def keys_path(self) -> Path:
        return Path(self.keys).resolve() if self.keys else self.data_path / "keys"


def read_settings(file: Path | None, environment: Mapping[str, str] = os.environ) -> Settings:
    """The file's keys, overridden by MT_KEY variables (lists separated by commas). Raises SettingsError."""
    values: dict[str, object] = {}
    if file is not None:
        try:
            values = tomllib.loads(file.read_text())
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
            raise SettingsError(f"{file}: {error}") from error
    for field in msgspec.structs.fields(Settings):
        given = environment.get(ENVIRONMENT_PREFIX + field.name.upper())
        if given is not None:
            is_list = isinstance(field.default, tuple)
            values[field.name] = [part.strip() for part in given.split(",") if part.strip()] if is_list else given
    try:
        settings = msgspec.convert(values, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise SettingsError(str(error)) from error
    if not 0 < settings.port < 65536:
        raise SettingsError(f"listen: there is no port {settings.port}")
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise SettingsError("tls_cert and tls_key are given together or not at all")
    return settings
