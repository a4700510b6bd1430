"""The settings themselves: whether they can be read, and what in them or beside them is probably not meant so."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from server.doctor.findings import About, Finding, fail, ok, warn
from server.plans import load_plans
from server.settings import ENVIRONMENT_PREFIX, Settings, SettingsError, read_settings

# what other parts of the project read from the environment
OTHERS = {"NATIVE", "SEED", "REQUIRE"}


def read(file: Path | None, environment: Mapping[str, str] = os.environ) -> tuple[Settings | None, list[Finding]]:
    try:
        settings = read_settings(file, environment)
        load_plans(settings.plans_path)
    except SettingsError as error:
        return None, [fail("settings_wrong", f"{error}.", "Correct it; config/microteach.example.toml explains each key.")]
    where = str(file) if file else "defaults and environment"
    return settings, [ok("settings", f"The settings can be read ({where})"), *_beside(settings, file, environment)]


def _beside(settings: Settings, file: Path | None, environment: Mapping[str, str]) -> Iterator[Finding]:
    known = {field.name.upper() for field in msgspec.structs.fields(Settings)} | OTHERS
    for name in sorted(environment):
        if name.startswith(ENVIRONMENT_PREFIX) and name.removeprefix(ENVIRONMENT_PREFIX) not in known:
            yield warn("variable_unknown", f"The variable {name} is no setting.", "Look for a slip in its name.")
    if file and file.stat().st_mode & 0o044 and _holds_secrets(settings, environment):
        yield warn("settings_readable", f"Other accounts of this machine may read {file}, which holds secrets.", f"chmod 600 {file}")


def _holds_secrets(settings: Settings, environment: Mapping[str, str]) -> bool:
    values = msgspec.structs.asdict(settings)
    return any(
        value and f"{ENVIRONMENT_PREFIX}{name.upper()}" not in environment
        for name, value in values.items()
        if name.endswith(("secret", "password")) or name in ("database", "redis")
    )


def check_cluster(about: About) -> Iterator[Finding]:
    settings = about.settings
    if not settings.redis:
        return
    host = settings.node_listen.rpartition(":")[0].strip("[]")
    if not settings.node_url and host in ("0.0.0.0", "::", ""):
        yield fail(
            "node_url_missing",
            "node_url is empty and node_listen is no address that other nodes can open.",
            "Set node_url to this node's own address.",
        )
    if not settings.s3_bucket:
        yield warn(
            "cluster_without_store",
            "There is no s3_bucket: recordings and slides lie on one node's disk alone, and with that node they are gone.",
            "Set s3_bucket and s3_keys_bucket.",
        )
    if not settings.node:
        yield ok("node_name", "This node is called as its host", "Set `node` if the host's name changes, as a container's does.")
