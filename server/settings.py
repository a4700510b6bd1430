"""The operator's settings: one frozen struct, read once from a TOML file and the environment, passed down.

`config/microteach.example.toml` shows every key with its unit and default; a test proves that they agree.
"""

from __future__ import annotations

import ipaddress
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from server.notify.signing import read_secrets

ENVIRONMENT_PREFIX = "MT_"
Port = Annotated[int, Meta(ge=1, le=65535)]
TurnUrl = Annotated[str, Meta(pattern=r"^turns?:(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9.-]+)(:\d{1,5})?(\?transport=(udp|tcp))?$")]


class SettingsError(Exception):
    """A setting is wrong; the message names its key and says what is expected."""


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`public_url` is the address that people open, for links; empty: the one under which a page was asked for. `proxies` on
    other machines are believed about whose request it is.
    `listen` is host:port for pages. `advertise` are the addresses that browsers send media to, names are looked up at the
    start; empty means all of this machine's; `advertise_port` is `media_port` as seen from there, 0 means the same. `turn_urls`
    is a relay for those whose network lets no UDP through, `turn_secret` what it shares with this server; a permission to use it
    lasts `turn_minutes` and is renewed (docs/reach.md). `keys` is where recordings' keys are kept; empty means `data`/keys.
    `plans` is a folder of the operator's own formats. `sessions_at_once` may be made from one address; one more every ten
    seconds. `disk_reserve_mb` megabytes of the disk with `data` are never recorded into. `jobs_at_once`: how many films and
    pictures are made from recordings at the same time. `oidc_issuer` is the provider at which people may sign in, `oidc_name` what
    its button says. Mails go by `smtp_host`, events to `webhook_url`, both if they are given (docs/notifications.md).
    `webhook_private`: it may be an address inside this network. `metrics_listen` is host:port for the
    operator's numbers (docs/quality.md) and for whoever asks whether this node is well, empty: nowhere.

    More than one machine (docs/operations.md): `database` is a PostgreSQL URL, empty: SQLite in `data`. With `redis` too this node is
    a member of a cluster: `secret` is then the same on all nodes, at least 32 characters; `node` is this one's name, empty: the
    host's; other nodes reach it at `node_url` (empty: http://`node_listen`), where it listens on `node_listen`, which people must
    not reach. `drain_s`: how long it takes at most to hand over its rooms when it ends. Files are kept in `s3_bucket` too, keys
    of recordings in `s3_keys_bucket`. `keep_…_days`: after that they are deleted, 0: never. `recordings_gb`, `rooms_at_once`: more are
    not begun, 0: as many as fit."""

    public_url: Annotated[str, Meta(pattern=r"^(https?://[^/?#]+)?$")] = ""
    proxies: tuple[str, ...] = ()
    listen: Annotated[str, Meta(pattern=r"^.+:\d{1,5}$")] = "127.0.0.1:8080"
    media_port: Port = 10000
    advertise: tuple[str, ...] = ()
    advertise_port: Annotated[int, Meta(ge=0, le=65535)] = 0
    turn_urls: tuple[TurnUrl, ...] = ()
    turn_secret: str = ""
    turn_minutes: Annotated[int, Meta(ge=10, le=1440)] = 120
    tls_cert: str = ""
    tls_key: str = ""
    data: str = "data"
    keys: str = ""
    plans: str = ""
    sessions_at_once: Annotated[int, Meta(ge=1)] = 20
    disk_reserve_mb: Annotated[int, Meta(ge=50)] = 200
    metrics_listen: Annotated[str, Meta(pattern=r"^(.+:\d{1,5})?$")] = ""
    jobs_at_once: Annotated[int, Meta(ge=1, le=16)] = 1
    oidc_issuer: Annotated[str, Meta(pattern=r"^(https?://[^?#\s]+)?$")] = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_name: str = ""
    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_security: Literal["starttls", "tls", "none"] = "starttls"
    smtp_user: str = ""
    smtp_password: str = ""
    mail_from: Annotated[str, Meta(pattern=r"^([A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]+@[A-Za-z0-9.-]+)?$")] = ""
    webhook_url: Annotated[str, Meta(pattern=r"^(https?://[^/?#@\s]+[^#\s]*)?$")] = ""
    webhook_secret: str = ""
    webhook_private: bool = False
    database: Annotated[str, Meta(pattern=r"^(postgresql://.+)?$")] = ""
    redis: Annotated[str, Meta(pattern=r"^(rediss?://.+|unix://.+)?$")] = ""
    secret: str = ""
    node: Annotated[str, Meta(pattern=r"^[a-z0-9-]{0,40}$")] = ""
    node_listen: Annotated[str, Meta(pattern=r"^(.+:\d{1,5})?$")] = ""
    node_url: Annotated[str, Meta(pattern=r"^(https?://[^/?#]+)?$")] = ""
    drain_s: Annotated[int, Meta(ge=0, le=3600)] = 10
    s3_bucket: str = ""
    s3_keys_bucket: str = ""
    s3_endpoint: Annotated[str, Meta(pattern=r"^(https?://[^?#\s]+)?$")] = ""
    s3_region: str = "us-east-1"
    s3_key_id: str = ""
    s3_secret: str = ""
    keep_recordings_days: Annotated[int, Meta(ge=0)] = 0
    keep_sessions_days: Annotated[int, Meta(ge=0)] = 0
    recordings_gb: Annotated[int, Meta(ge=0)] = 0
    rooms_at_once: Annotated[int, Meta(ge=0)] = 0
    log_format: Literal["text", "json"] = "text"

    def __repr__(self) -> str:
        """For logs: without what is secret."""
        shown = {name: value for name, value in msgspec.structs.asdict(self).items() if not name.endswith(("password", "secret"))}
        for name in ("database", "redis"):  # their addresses may carry a password
            shown[name] = bool(shown[name])
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

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
    def sends_links(self) -> bool:
        """Whether `url` is an address that people can open. Links in mails are never made with the one that a request claims."""
        return bool(self.public_url) or self.host not in ("0.0.0.0", "::")

    @property
    def url(self) -> str:
        """What is printed at the start."""
        if self.public_url:
            return self.public_url
        scheme = "https" if self.tls_cert else "http"
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, f"[{self.host}]" if ":" in self.host else self.host)
        return f"{scheme}://{host}:{self.port}"

    @property
    def provider_name(self) -> str:
        """What people read of the provider at which they may sign in; "" without one."""
        return self.oidc_name or urlsplit(self.oidc_issuer).netloc

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
    for each in settings.proxies:
        try:
            ipaddress.ip_network(each, strict=False)
        except ValueError as error:
            raise SettingsError(f"proxies: {each} is neither an address nor a network such as 10.0.0.0/24") from error
    if bool(settings.tls_cert) != bool(settings.tls_key):
        raise SettingsError("tls_cert and tls_key are given together or not at all")
    if bool(settings.oidc_issuer) != bool(settings.oidc_client_id):
        raise SettingsError("oidc_issuer and oidc_client_id are given together or not at all")
    if settings.oidc_issuer.startswith("http:") and not is_loopback(urlsplit(settings.oidc_issuer).hostname or ""):
        raise SettingsError("oidc_issuer: a provider is asked by https only")
    if bool(settings.turn_urls) != bool(settings.turn_secret):
        raise SettingsError("turn_urls and turn_secret are given together or not at all")
    _check_mail(settings)
    _check_webhook(settings)
    _check_cluster(settings)
    return settings


def _check_mail(settings: Settings) -> None:
    if not settings.smtp_host:
        return
    if not settings.mail_from:
        raise SettingsError("mail_from: with smtp_host, the address that mails come from")
    if not settings.sends_links:
        raise SettingsError("public_url: with smtp_host, the address that people open; mails carry links")
    if settings.smtp_user and settings.smtp_security == "none" and not is_loopback(settings.smtp_host):
        raise SettingsError("smtp_security: a password is sent by starttls or tls only")


def _check_webhook(settings: Settings) -> None:
    if not settings.webhook_url:
        return
    try:
        secrets = read_secrets(settings.webhook_secret)
    except ValueError as error:
        raise SettingsError(f"webhook_secret: {error}") from error
    if not secrets:
        raise SettingsError("webhook_secret: with webhook_url, a secret to sign with: whsec_ and the base64 of 24 to 64 bytes")
    if settings.webhook_url.startswith("http:") and not settings.webhook_private:
        raise SettingsError("webhook_url: https, unless webhook_private is set")


def _check_cluster(settings: Settings) -> None:
    if bool(settings.s3_bucket) != bool(settings.s3_keys_bucket) or (settings.s3_bucket and settings.s3_bucket == settings.s3_keys_bucket):
        raise SettingsError("s3_keys_bucket: with s3_bucket, another bucket for keys, of which nothing is ever copied")
    if bool(settings.s3_key_id) != bool(settings.s3_secret):
        raise SettingsError("s3_key_id and s3_secret are given together or not at all")
    if settings.secret and len(settings.secret) < 32:
        raise SettingsError("secret: at least 32 characters")
    if not settings.redis:
        return
    for key, why in (
        ("database", "the database that the nodes share"),
        ("secret", "the same on all nodes"),
        ("node_listen", "where other nodes reach this one"),
    ):
        if not getattr(settings, key):
            raise SettingsError(f"{key}: with redis, {why}")


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
