"""Each check against a machine, a folder, a file or a port in which exactly this is wrong."""

from __future__ import annotations

import contextlib
import os
import resource
import socket
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from server.doctor import address, certificate, exposure, folders, kept, machine, ports, settled, software
from server.doctor.findings import About, Check, Finding, fail, ok, warn, worst
from server.doctor.main import examine
from server.settings import Settings
from server.store.looked_at import newest_schema

DAY = timedelta(days=1)
NOW = datetime.now(UTC)


def codes(check: Check, settings: Settings, file: Path | None = None) -> dict[str, str]:
    return {finding.code: finding.level for finding in check(About(settings, file))}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder


# settings ---------------------------------------------------------------------------------------------------------------------


def test_wrong_settings_are_said_and_nothing_else_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "microteach.toml"
    file.write_text("media_port = 0")
    assert [finding.code for finding in examine(file, None)] == ["settings_wrong"]


def test_a_slip_in_a_variables_name_and_a_file_that_others_read(tmp_path: Path) -> None:
    file = tmp_path / "microteach.toml"
    file.write_text('turn_urls = ["turn:relay.school.example"]\nturn_secret = "north-wall-7"')
    file.chmod(0o644)
    _, found = settled.read(file, {"MT_LISTN": "x", "MT_SEED": "1"})
    assert [finding.code for finding in found] == ["settings", "variable_unknown", "settings_readable"]
    assert "MT_LISTN" in found[1].says
    file.chmod(0o600)
    assert len(settled.read(file, {})[1]) == 1


def test_a_cluster_without_a_store_or_a_way_to_its_nodes() -> None:
    of_a_cluster = Settings(redis="redis://127.0.0.1", database="postgresql://x", secret="s" * 32, node_listen="0.0.0.0:9000")
    assert codes(settled.check_cluster, of_a_cluster) == {"node_url_missing": "fail", "cluster_without_store": "warn", "node_name": "ok"}
    assert codes(settled.check_cluster, Settings()) == {}


# software ---------------------------------------------------------------------------------------------------------------------


def test_a_package_below_its_floor_fails() -> None:
    found = list(software.below_floors(software.floors()["packages"], {"aiohttp": "3.14.2", "av": "19.0.2"}.get))
    assert [(finding.code, finding.level) for finding in found] == [("below_floor", "fail")]
    assert "3.14.3" in found[0].says


def test_the_locks_keep_every_floor() -> None:
    lock = (Path(__file__).parents[3] / "run.lock").read_text()
    for name, wanted in software.floors()["packages"].items():
        locked = [line.partition("==")[2].split()[0] for line in lock.splitlines() if line.startswith(f"{name}==")]
        assert locked, name
        assert all(software.numbers(version) >= software.numbers(wanted["floor"]) for version in locked), name


@pytest.mark.parametrize(
    ("version", "code"),
    [
        ("3.40.1", "sqlite_wal_reset"),
        ("3.44.6", "sqlite_version"),
        ("3.46.1", "sqlite_wal_reset"),
        ("3.50.7", "sqlite_version"),
        ("3.51.2", "sqlite_wal_reset"),
        ("3.51.3", "sqlite_version"),
        ("3.53.0", "sqlite_version"),
    ],
)
def test_sqlite_is_good_in_the_branches_that_were_repaired(version: str, code: str) -> None:
    assert software.sqlite_finding(version).code == code


def test_an_extra_that_the_settings_need(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software, "installed_version", {"asyncpg": None}.get)
    found = codes(software.check_versions, Settings(database="postgresql://x"))
    assert found["extra_missing"] == "fail"


def test_a_python_without_optimizations_and_a_loop_that_is_not_compiled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert software.is_optimised("/usr", {})
    assert software.is_optimised("/opt/python", {"CONFIG_ARGS": "'--enable-optimizations' '--with-lto'"})
    assert not software.is_optimised("/opt/python", {"CONFIG_ARGS": "'--enable-shared'"})
    assert not software.is_optimised("/usr", {"Py_DEBUG": 1})
    monkeypatch.setattr("server.media.native.LIBRARY", tmp_path / "forward.so")
    assert codes(software.check_speed, Settings())["native_missing"] == "warn"
    (tmp_path / "forward.so").write_bytes(b"no library")
    assert codes(software.check_speed, Settings())["native_missing"] == "warn"


# machine ----------------------------------------------------------------------------------------------------------------------


def test_too_few_files(monkeypatch: pytest.MonkeyPatch) -> None:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (1024, before[1]))
    try:
        assert codes(machine.check_machine, Settings())["few_files"] == "warn"
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    if before[0] >= 4096:
        assert codes(machine.check_machine, Settings())["files"] == "ok"


def test_one_processor_by_affinity_or_by_the_containers_share(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        assert codes(machine.check_machine, Settings())["few_processors"] == "warn"
    finally:
        os.sched_setaffinity(0, before)
    (tmp_path / "cpu.max").write_text("150000 100000\n")
    monkeypatch.setattr(machine, "CPU_MAX", tmp_path / "cpu.max")
    said = next(finding for finding in machine.check_machine(About(Settings())) if finding.code == "few_processors")
    assert "1.5" in said.says or len(before) == 1


def test_shared_memory_as_small_as_dockers_default(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    small = os.statvfs_result((4096, 4096, 16384, 16000, 16000, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda _: small)
    assert codes(machine.check_machine, Settings(data=str(tmp_path)))["shared_memory_small"] == "fail"


def test_small_socket_buffers_are_a_tip(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "rmem_max").write_text("212992\n")
    monkeypatch.setattr(machine, "RMEM_MAX", tmp_path / "rmem_max")
    said = next(finding for finding in machine.check_machine(About(Settings())) if finding.code == "socket_buffers_small")
    assert (said.level, "rmem_max=4194304" in said.do) == ("ok", True)


@pytest.mark.parametrize(("state", "code"), [(0, "clock_synchronised"), (5, "clock_unsynchronised"), (None, "clock_unknown")])
def test_a_clock_that_nobody_sets(monkeypatch: pytest.MonkeyPatch, state: int | None, code: str) -> None:
    monkeypatch.setattr(machine, "clock_state", lambda: state)
    assert list(codes(machine.check_clock, Settings())) == [code]


def test_the_kernel_is_asked_about_its_clock() -> None:
    assert machine.clock_state() in (None, *range(6))


# folders ----------------------------------------------------------------------------------------------------------------------


def test_folders_and_files_that_others_may_read(data: Path) -> None:
    settings = Settings(data=str(data), keys=str(data.parent / "keys"))
    found = codes(folders.check_folders, settings)
    assert found["data_rights"] == found["disk_room"] == found["keys_apart"] == "ok"
    data.chmod(0o755)
    (data / "secret").write_bytes(b"x")
    (data / "secret").chmod(0o644)
    settings.keys_path.mkdir(mode=0o750)
    found = codes(folders.check_folders, settings)
    assert found["data_readable"] == found["keys_readable"] == found["file_readable"] == "warn"
    assert codes(folders.check_folders, Settings(data=str(data)))["keys_beside_data"] == "ok"


def test_a_disk_without_room(data: Path) -> None:
    free_mb = os.statvfs(data).f_bavail * os.statvfs(data).f_frsize // 1_000_000
    assert codes(folders.check_folders, Settings(data=str(data), disk_reserve_mb=free_mb + 5000))["disk_full"] == "fail"
    assert codes(folders.check_folders, Settings(data=str(data), disk_reserve_mb=max(50, free_mb - 600)))["disk_low"] == "warn"


@pytest.mark.parametrize(("took_s", "code"), [(0.003, "disk_speed"), (0.08, "disk_slow"), (0.9, "disk_very_slow")])
def test_a_slow_disk(monkeypatch: pytest.MonkeyPatch, data: Path, took_s: float, code: str) -> None:
    monkeypatch.setattr(folders, "sync_s", lambda _: took_s)
    assert code in codes(folders.check_folders, Settings(data=str(data)))


def test_what_kind_of_file_system_data_lies_on(monkeypatch: pytest.MonkeyPatch, data: Path, tmp_path: Path) -> None:
    mounts = f"/dev/sda1 / ext4 rw 0 0\nserver:/x {tmp_path} nfs4 rw 0 0\n"
    assert folders.file_system(data, mounts) == "nfs4"
    assert folders.file_system(Path("/srv"), mounts) == "ext4"
    (tmp_path / "mounts").write_text(mounts)
    monkeypatch.setattr(folders, "MOUNTS", tmp_path / "mounts")
    assert codes(folders.check_folders, Settings(data=str(data)))["data_from_afar"] == "fail"
    assert codes(folders.check_folders, Settings(data=str(data), database="postgresql://x"))["data_from_afar"] == "warn"


# address and certificate ------------------------------------------------------------------------------------------------------


def test_https_is_needed_for_others_only() -> None:
    assert codes(address.check_address, Settings()) == {"https_not_needed": "ok"}
    assert codes(address.check_address, Settings(listen="0.0.0.0:8080")) == {"https_missing": "fail", "no_public_url": "warn"}
    behind_proxy = codes(address.check_address, Settings(public_url="https://localhost:9"))
    assert behind_proxy["https"] == behind_proxy["name_leads_here"] == "ok"


def test_a_name_that_nobody_knows() -> None:
    assert codes(address.check_address, Settings(public_url="https://microteach.invalid"))["name_unknown"] == "fail"


def test_whose_an_address_is() -> None:
    assert address.is_own("127.0.0.1")
    assert not address.is_own("192.0.2.77")


def make_certificate(folder: Path, *names: str, begins: datetime = NOW - DAY, ends: datetime = NOW + 60 * DAY, by: str = "") -> Settings:
    """`by`: somebody else's name, who has signed it; "": itself."""
    key, issuers = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, by)]) if by else subject
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key()).serial_number(7)
    builder = builder.not_valid_before(begins).not_valid_after(ends)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
    made = builder.sign(issuers if by else key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))
    (folder / "key.pem").chmod(0o600)
    url = "https://microteach.school.example"
    return Settings(tls_cert=str(folder / "cert.pem"), tls_key=str(folder / "key.pem"), public_url=url)


def test_a_certificates_dates_name_and_chain(tmp_path: Path) -> None:
    check = certificate.check_certificate
    right = make_certificate(tmp_path, "microteach.school.example", by="authority")
    assert codes(check, right) == {"certificate_dates": "ok", "certificate_name": "ok", "certificate_chain_short": "warn"}
    (tmp_path / "key.pem").chmod(0o644)
    assert codes(check, right)["key_readable"] == "warn"
    other = make_certificate(tmp_path, "mail.school.example")
    assert codes(check, other) == {"certificate_dates": "ok", "certificate_other_name": "fail", "certificate_self_made": "warn"}
    assert codes(check, make_certificate(tmp_path, "*.school.example", ends=NOW + 5 * DAY))["certificate_ends"] == "warn"
    assert codes(check, make_certificate(tmp_path, "x", begins=NOW - 9 * DAY, ends=NOW - DAY))["certificate_ended"] == "fail"
    assert codes(check, make_certificate(tmp_path, "x", begins=NOW + DAY))["certificate_not_yet"] == "fail"


def test_certificate_and_key_that_do_not_belong_together_or_are_not_there(tmp_path: Path) -> None:
    check = certificate.check_certificate
    first = make_certificate(tmp_path, "microteach.school.example")
    wrong = (tmp_path / "key.pem").read_bytes()
    make_certificate(tmp_path, "microteach.school.example")
    (tmp_path / "key.pem").write_bytes(wrong)
    assert codes(check, first) == {"key_mismatch": "fail"}
    (tmp_path / "cert.pem").write_text("no certificate")
    assert codes(check, first) == {"certificate_wrong": "fail"}
    (tmp_path / "cert.pem").unlink()
    assert codes(check, first) == {"certificate_unreadable": "fail"}
    doubled = make_certificate(tmp_path, "microteach.school.example", by="authority")
    (tmp_path / "cert.pem").write_bytes((tmp_path / "cert.pem").read_bytes() * 2)
    assert codes(check, doubled)["certificate_chain_order"] == "fail"


def test_which_names_a_certificate_covers() -> None:
    assert certificate.covers(["*.school.example"], "a.school.example")
    assert not certificate.covers(["*.school.example"], "a.b.school.example")
    assert certificate.covers(["192.0.2.1"], "192.0.2.1")


# ports ------------------------------------------------------------------------------------------------------------------------


@pytest.fixture
def taken() -> Iterator[tuple[int, int]]:
    """A TCP port on which somebody listens, a UDP port that somebody has."""
    with contextlib.ExitStack() as stack:
        tcp = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        udp = stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        udp.bind(("127.0.0.1", 0))
        yield tcp.getsockname()[1], udp.getsockname()[1]


def test_ports_that_another_program_has(taken: tuple[int, int], data: Path) -> None:
    settings = Settings(listen=f"127.0.0.1:{taken[0]}", media_port=taken[1], data=str(data))
    found = list(ports.check_ports(About(settings)))
    assert [finding.code for finding in found] == ["port_taken", "port_taken"]
    assert all(f"({os.getpid()})" in finding.says for finding in found), "who has it is said"


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def test_free_ports_and_whether_datagrams_arrive(monkeypatch: pytest.MonkeyPatch, data: Path) -> None:
    monkeypatch.setattr(ports, "TRY_S", 0.05)
    settings = Settings(listen="127.0.0.1:0", media_port=free_port(), advertise=("127.0.0.1",), data=str(data))
    assert codes(ports.check_ports, settings) == {"port_free": "ok", "media_port_free": "ok", "media_arrives": "ok"}
    elsewhere = Settings(listen="127.0.0.1:0", media_port=free_port(), advertise_port=free_port(), advertise=("127.0.0.1",), data=str(data))
    assert codes(ports.check_ports, elsewhere)["media_blocked"] == "fail", "nobody hands on what comes to the advertised port"
    outside = Settings(listen="192.0.2.9:80", media_port=free_port(), advertise=("192.0.2.9",), data=str(data))
    found = codes(ports.check_ports, outside)
    assert (found["address_not_here"], found["media_not_from_here"]) == ("fail", "warn")


def test_listeners_that_people_could_reach() -> None:
    check = exposure.check_exposure
    assert codes(check, Settings(metrics_listen="127.0.0.1:9464", node_listen="10.0.0.5:8081")) == {}
    assert codes(check, Settings(metrics_listen="0.0.0.0:9464")) == {"listener_open": "warn"}
    assert codes(check, Settings(node_listen="[::]:8081")) == {"listener_open": "warn"}
    assert codes(check, Settings(node_listen="8.8.8.8:8081")) == {"listener_open": "warn"}
    assert "pages_open" in codes(check, Settings(public_url="https://localhost", listen="0.0.0.0:8080"))


def test_people_from_outside_and_addresses_of_this_network_only() -> None:
    check, url = exposure.check_exposure, "https://8.8.8.8"
    assert codes(check, Settings(public_url=url, advertise=("192.168.1.20",))) == {"advertise_inside": "warn"}
    assert codes(check, Settings(public_url=url, advertise=("192.168.1.20", "8.8.4.4"))) == {"advertised": "ok"}
    assert codes(check, Settings(public_url="https://192.168.1.20", advertise=("192.168.1.20",))) == {"advertised": "ok"}
    assert codes(check, Settings(public_url="https://192.168.1.20")) == {"advertised_all": "ok"}


def test_an_answer_of_the_worker_is_read() -> None:
    candidates = "a=candidate:1 1 udp 1 192.0.2.1 10000 typ host\r\na=candidate:2 1 udp 1 2001:db8::1 10000 typ host\r\n"
    trial = ports.read_trial(f"a=ice-ufrag:abcd\r\na=ice-pwd:secret\r\n{candidates}{candidates}", "mine")
    assert trial == ports.Trial((("192.0.2.1", 10000), ("2001:db8::1", 10000)), "abcd:mine", "secret")
    assert ports.read_trial("v=0\r\n", "mine") is None


# the database -----------------------------------------------------------------------------------------------------------------


def test_sqlite_whole_older_newer_and_damaged(data: Path) -> None:
    settings, path = Settings(data=str(data)), data / "microteach.db"
    assert codes(kept.check_database, settings) == {"database_not_yet": "ok"}
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA journal_mode=DELETE; CREATE TABLE alembic_version (version_num text); CREATE TABLE t (x)")
        connection.executemany("INSERT INTO t VALUES (?)", [("x" * 500,) for _ in range(200)])
        for version, code in (("0001", "schema_older"), ("9999", "schema_newer"), (newest_schema(), "schema")):
            connection.execute("DELETE FROM alembic_version")
            connection.execute("INSERT INTO alembic_version VALUES (?)", (version,))
            connection.commit()
            found = codes(kept.check_database, settings)
            assert (found["database_whole"], found["journal_mode"], code in found) == ("ok", "warn", True)
    content = bytearray(path.read_bytes())
    content[4096 * 3 : 4096 * 5] = os.urandom(8192)
    path.write_bytes(content)
    assert codes(kept.check_database, settings)["database_damaged"] == "fail"
    path.write_bytes(b"this is no database at all" * 100)
    assert codes(kept.check_database, settings) == {"database_damaged": "fail"}


@pytest.mark.parametrize(("ahead_s", "level"), [(0.3, "ok"), (-5.0, "warn"), (90.0, "fail")])
def test_clocks_that_differ(ahead_s: float, level: str) -> None:
    assert kept.clock_finding("x", "Redis", ahead_s).level == level


# all together -----------------------------------------------------------------------------------------------------------------


def test_a_check_that_breaks_does_not_end_the_others(
    monkeypatch: pytest.MonkeyPatch, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    def breaks(_: About) -> Iterator[Finding]:
        yield ok("first", "The first half")
        raise RuntimeError("of 192.0.2.1")

    def fine(_: About) -> Iterator[Finding]:
        yield warn("second", "Something is not quite right.", "Do this.")

    monkeypatch.setattr("server.doctor.main.CHECKS", (("Broken", (breaks,)), ("Fine", (fine,)), ("Nothing", ())))
    found = examine(None, sys.stdout)
    assert [finding.code for finding in found][-3:] == ["first", "check_broke", "second"]
    printed = capsys.readouterr().out
    assert "192.0.2.1" not in printed
    assert "→ Do this.  [second]" in printed
    assert "Nothing" not in printed
    assert printed.endswith("1 to put right, 1 to look at.\n")
    assert worst([fail("x", "", ""), warn("y", "", "")]) == "fail"
