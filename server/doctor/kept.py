"""Where things are kept: the database, Redis, the buckets; and whether all their clocks and those of other nodes agree."""

from __future__ import annotations

import asyncio
import email.utils
import http.client
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

from server.doctor.findings import About, Finding, fail, ok, warn
from server.doctor.software import floors, numbers
from server.settings import SettingsError
from server.store.looked_at import DatabaseDown, PostgresFound, known_schemas, look_at_postgres, look_at_sqlite, newest_schema

APART_S = 2.0
FAR_APART_S = 30.0
SLOW_S = 0.02
CONNECTIONS_OF_A_NODE = 16
NODE_WAIT_S = 2.0
SET_CLOCKS = "Let all machines set their clocks from the same source (NTP)."


def check_database(about: About) -> Iterator[Finding]:
    if not about.settings.database:
        yield from _sqlite(about)
        return
    try:
        found = asyncio.run(look_at_postgres(about.settings.database))
    except SettingsError:
        return  # said among the packages
    except DatabaseDown as error:
        yield fail(
            "database_unreachable", f"PostgreSQL cannot be used: {error}.", "Look at `database`, whether it runs, and its pg_hba.conf."
        )
        return
    yield from _postgres(found)
    yield clock_finding("database_clock", "PostgreSQL", found.ahead_s)
    for node, url in found.nodes:
        ahead_s = node_ahead_s(url)
        if ahead_s is not None:
            yield clock_finding("node_clock", f"node {node}", ahead_s)


def check_redis(about: About) -> Iterator[Finding]:
    if not about.settings.redis:
        return
    try:
        from server.cluster.looked_at import RedisDown, look_at_redis
    except ImportError:
        return  # said among the packages
    try:
        found = asyncio.run(look_at_redis(about.settings.redis))
    except (RedisDown, ValueError) as error:
        yield fail("redis_unreachable", f"Redis cannot be used: {error}.", "Look at `redis`, and whether it runs. Lessons go on meanwhile.")
        return
    floor = floors()["redis"]["floor"]
    if numbers(found.version) < numbers(floor):
        yield fail("redis_old", f"Redis {found.version} is older than {floor}.", "Use Redis 7 or Valkey 8.")
    else:
        yield ok("redis", f"Redis {found.version} answers in {found.answer_s * 1000:.1f} ms; what it keeps need not outlive it")
    if found.answer_s > SLOW_S:
        yield warn("redis_slow", f"Redis takes {found.answer_s * 1000:.0f} ms for an answer.", "Put it into the same network as the nodes.")
    if found.evicts:
        yield warn(
            "redis_evicts", "Redis throws away keys when it is full, also those that say which node lives.", "maxmemory-policy noeviction"
        )
    yield clock_finding("redis_clock", "Redis", found.ahead_s)


def check_buckets(about: About) -> Iterator[Finding]:
    settings = about.settings
    if not settings.s3_bucket:
        return
    if not settings.s3_key_id:
        yield fail("s3_key_missing", "s3_bucket is given without s3_key_id and s3_secret.", "Name the account that may use both buckets.")
        return
    from server.blobs.blobs import Damaged, Failed, Missing
    from server.blobs.looked_at import look_at_bucket
    from server.blobs.signed import Place

    endpoint = (settings.s3_endpoint or f"https://s3.{settings.s3_region}.amazonaws.com").rstrip("/")
    for key in ("s3_bucket", "s3_keys_bucket"):
        bucket = getattr(settings, key)
        try:
            found = asyncio.run(look_at_bucket(Place(endpoint, bucket, settings.s3_region, settings.s3_key_id, settings.s3_secret)))
        except SettingsError:
            return  # said among the packages
        except Missing:
            yield fail("bucket_missing", f"{key}: there is no bucket {bucket}.", "Make it, or correct the name.")
            continue
        except (Failed, Damaged) as error:
            do = "The account needs the rights to put, get, list and delete objects and their versions there."
            yield fail("bucket_unusable", f"{key}: the bucket {bucket} cannot be used ({error or 'damaged'}).", do)
            continue
        yield ok("bucket", f"{key}: a file was put, read and erased in {bucket}")
        if found.left:
            do = "Give the account s3:DeleteObjectVersion and s3:ListBucketVersions; without them deleting does not delete."
            yield fail("bucket_keeps", f"{key}: {found.left} versions of the erased file are still there.", do)
        if found.versioned and key == "s3_keys_bucket":
            do = "Switch versions off for it: what is gone there must be gone, also when the erasure of a version fails once."
            yield warn("keys_versioned", f"{key}: {bucket} keeps versions.", do)


def clock_finding(code: str, whose: str, ahead_s: float) -> Finding:
    words = f"The clock of {whose} is {abs(ahead_s):.1f} s {'ahead of' if ahead_s > 0 else 'behind'} this one"
    if abs(ahead_s) > FAR_APART_S:
        return fail(code, f"{words}.", SET_CLOCKS)
    if abs(ahead_s) > APART_S:
        return warn(code, f"{words}.", SET_CLOCKS)
    return ok(code, f"The clock of {whose} agrees with this one")


def node_ahead_s(url: str) -> float | None:
    """By the date of any answer of its internal listener, to a second. None: it does not answer."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=NODE_WAIT_S)
    try:
        connection.request("HEAD", "/")
        date = connection.getresponse().getheader("Date")
        ahead_s = email.utils.parsedate_to_datetime(date).timestamp() + 0.5 - time.time() if date else None
    except (OSError, http.client.HTTPException, ValueError):
        return None
    finally:
        connection.close()
    return ahead_s


def _sqlite(about: About) -> Iterator[Finding]:
    path = about.settings.data_path / "microteach.db"
    if not path.exists():
        yield ok("database_not_yet", "The database will be made at the first start")
        return
    try:
        found = look_at_sqlite(path)
    except (DatabaseDown, OSError) as error:
        yield fail(
            "database_damaged", f"{path} cannot be read: {error}.", "Stop Microteach, keep a copy of the file, and restore a backup."
        )
        return
    if found.damage:
        yield fail(
            "database_damaged", f"{path} is damaged: {found.damage}.", "Stop Microteach, keep a copy of the file, and restore a backup."
        )
    elif found.damage is None:
        yield ok(
            "database_large",
            f"{path} is large ({found.size_bytes / 1e9:.1f} GB) and was not read through",
            "PostgreSQL may serve you better.",
        )
    else:
        yield ok("database_whole", "The database is whole")
    yield _schema(found.schema)
    if found.journal_mode != "wal":
        do = "Somebody has changed it; the next start puts it right, unless the file system cannot do it."
        yield warn("journal_mode", f"Its journal is {found.journal_mode}, not wal.", do)


def _postgres(found: PostgresFound) -> Iterator[Finding]:
    floor = floors()["postgresql"]["floor"]
    if numbers(found.version) < numbers(floor):
        yield fail("postgres_old", f"PostgreSQL {found.version} is older than {floor}.", "Use a version that is still looked after.")
    else:
        yield ok("postgres", f"PostgreSQL {found.version} answers in {found.answer_s * 1000:.1f} ms")
    if found.answer_s > SLOW_S:
        yield warn(
            "postgres_slow", f"PostgreSQL takes {found.answer_s * 1000:.0f} ms for an answer.", "Put it into the same network as the nodes."
        )
    if not found.writable:
        yield fail(
            "postgres_replica",
            "This PostgreSQL is a replica and takes no writes.",
            "Name the primary, or several hosts and target_session_attrs=read-write.",
        )
    for name in found.unsafe:
        yield fail("postgres_unsafe", f"PostgreSQL runs with {name}=off: a power cut loses what was acknowledged.", f"Set {name} = on.")
    if found.encrypted is False:
        yield ok("postgres_plain", "The connection to PostgreSQL is not encrypted", "Add ?sslmode=verify-full if others share the network.")
    if found.connections < 3 * CONNECTIONS_OF_A_NODE:
        do = f"Each node uses up to {CONNECTIONS_OF_A_NODE}: raise max_connections."
        yield warn("postgres_connections", f"PostgreSQL lets in {found.connections} connections.", do)
    yield _schema(found.schema)


def _schema(found: str) -> Finding:
    newest = newest_schema()
    if not found:
        return ok("schema_not_yet", "The tables will be made at the first start")
    if found == newest:
        return ok("schema", f"The tables are those of this version ({found})")
    if found in known_schemas():
        return ok(
            "schema_older", f"The tables are of {found}; the next start brings them to {newest}", "Make a backup first: microteach backup."
        )
    return fail(
        "schema_newer",
        f"The tables are of a newer version ({found}).",
        "Start that version, or restore the backup from before the upgrade.",
    )
