"""The `microteach` command: `run` starts everything, `serve` is the server process alone, `colleagues` brings simulated ones.

`recording` looks after recordings; `plan` and `rehearse` look at formats and need neither settings nor folders.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import logging
import os
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec

from server.addresses import resolved
from server.blobs.checks import check_storage
from server.capacity import add_capacity_command, run_capacity
from server.doctor.command import add_doctor_command, run_doctor_command
from server.health import add_health_command, run_health
from server.jobs.command import add_worker_command, run_worker_command
from server.keeping.commands import add_keeping_commands, is_restoring, run_keeping
from server.logs import launched, secrets_in, set_up
from server.media.ring import RingError, create_ring
from server.plan_tool import add_plan_command, run_plan_command
from server.plans import load_plans
from server.recording_tool import add_recording_command, run_recording_tool
from server.rehearsal.command import add_rehearse_command, run_rehearse_command
from server.settings import Settings, SettingsError, read_settings
from server.supervisor import END_S, Child, Supervisor

log = logging.getLogger(__name__)

DEFAULT_FILE = Path("microteach.toml")
PART_S = 10  # of a recording are lost with a machine, at most, where others go on
RECORDER_NICE = -5  # what it falls behind by is lost when the ring is full; whoever else is late is only late
DRAIN_MORE_S = 3
COMMANDS = {
    "run": "start everything and print the address",
    "serve": "start the server process alone",
    "colleagues": "bring simulated colleagues into a session of the installation that runs here",
}
TOOLS: dict[str, Callable[[argparse.Namespace], int]] = {
    "plan": run_plan_command,
    "rehearse": run_rehearse_command,
    "doctor": run_doctor_command,
    "health": run_health,
    "capacity": run_capacity,
    "worker": run_worker_command,
    "backup": run_keeping,
    "restore": run_keeping,
    "move": run_keeping,
    "audit": run_keeping,
    "usage": run_keeping,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="microteach", description="Microteaching over live video.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_ in COMMANDS.items():
        command = commands.add_parser(name, help=help_)
        if name == "colleagues":
            command.add_argument("--invitation", required=True, metavar="LINK", help="an invitation of this installation")
            command.add_argument("--count", type=int, choices=(1, 2, 3), default=3, help="how many come (default: 3)")
            command.add_argument("--language", default="en", help="en or de (default: en)")
        command.add_argument("--settings", type=Path, help="settings file (default: microteach.toml if there is one)")
        command.add_argument("--verbose", action="store_true", help="say more in the log")
    add_recording_command(commands)
    add_plan_command(commands)
    add_rehearse_command(commands)
    add_doctor_command(commands)
    add_health_command(commands)
    add_capacity_command(commands)
    add_worker_command(commands)
    add_keeping_commands(commands)
    arguments = parser.parse_args()
    alone = TOOLS.get(arguments.command)
    if alone:
        return alone(arguments)
    if arguments.command == "recording":
        return _recording(arguments)
    file = _settings_file(arguments)
    os.umask(0o077)
    try:
        settings = read_settings(file)
        load_plans(settings.plans_path)
        check_storage(settings)
        places = Places(settings)
        places.make()
        if is_restoring(places.data):
            raise SettingsError(f"a restore was begun in {places.data} and not ended: run it again, with the same backup")
    except (SettingsError, OSError) as error:
        print(f"microteach: {error}", file=sys.stderr)
        return 2
    secrets = tuple(secrets_in(msgspec.structs.asdict(settings)))
    set_up(settings.log_format, node=_name_in_logs(settings), verbose=arguments.verbose, secrets=secrets)
    if arguments.command == "colleagues":
        return _colleagues(settings, places, arguments.invitation, arguments.count, arguments.language)
    return _run(settings, places, file, verbose=arguments.verbose) if arguments.command == "run" else _serve(settings, places)


def _name_in_logs(settings: Settings) -> str:
    return settings.node or (socket.gethostname().lower() if settings.log_format == "json" else "")


def _settings_file(arguments: argparse.Namespace) -> Path | None:
    return arguments.settings or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)


def _recording(arguments: argparse.Namespace) -> int:
    os.umask(0o077)
    try:
        settings = read_settings(_settings_file(arguments))
    except SettingsError as error:
        print(f"microteach: {error}", file=sys.stderr)
        return 2
    return run_recording_tool(settings, arguments)


class Places:
    """Where the processes of one installation meet: sockets beside the data, the ring in memory."""

    def __init__(self, settings: Settings) -> None:
        self.data = settings.data_path
        self.keys = settings.keys_path
        name = hashlib.sha256(str(self.data).encode()).hexdigest()[:16]
        memory = Path("/dev/shm")
        self.run = memory / f"microteach-{name}" if os.access(memory, os.W_OK) else self.data / "run"
        self.worker_socket = self.run / "worker-0.sock"
        self.recorder_socket = self.run / "recorder.sock"
        self.ring = self.run / "ring-0"

    def make(self) -> None:
        """Raises SettingsError when a folder is somebody else's: the one in /dev/shm has a name that others can guess."""
        for folder in (self.data, self.keys, self.run):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = self.run.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
            raise SettingsError(f"{self.run} belongs to somebody else")


def _serve(settings: Settings, places: Places) -> int:
    from server.app import serve  # aiohttp and the database are not the supervisor's business

    return serve(settings, worker_socket=places.worker_socket, recorder_socket=places.recorder_socket)


def _colleagues(settings: Settings, places: Places, link: str, count: int, language: str) -> int:
    from server.bots.door import local_address
    from server.bots.lines import known_language
    from server.bots.main import run_visit
    from server.bots.visit import Visit
    from server.people.invitations import Invitations, secret_of

    invitations = Invitations(secret_of(settings.secret, places.data / "secret"))
    token = link.rstrip("/").rpartition("/")[2]
    session = invitations.read(token, "invitation") or invitations.read(token, "lead")
    if session is None:
        print("microteach: this is not an invitation of this installation", file=sys.stderr)
        return 2
    address = local_address(settings.host, settings.port, settings.tls_cert, settings.media_port)
    invitation = invitations.make(session, "simulated")
    return run_visit(Visit(address=address, invitation=invitation, language=known_language(language), count=count))


def _run(settings: Settings, places: Places, file: Path | None, *, verbose: bool) -> int:
    with (places.data / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            print(f"microteach: it already runs on {places.data}", file=sys.stderr)
            return 1
        taken = _taken_port(settings)
        if taken:
            print(f"microteach: {taken} is used by another program; choose another one in the settings", file=sys.stderr)
            return 1
        try:
            addresses = resolved(settings.advertise)
            create_ring(places.ring)
        except (SettingsError, RingError) as error:
            print(f"microteach: {error}", file=sys.stderr)
            return 2
        if settings.database and (places.data / "microteach.db").exists():
            log.warning("microteach.db in %s is not used since `database` is set: microteach move carries it over", places.data)
        Supervisor(_children(settings, addresses, places, file, verbose=verbose)).run()
    return 0


def _taken_port(settings: Settings) -> str | None:
    """Said once and in words here, rather than again and again by a child."""
    tries = (
        ("listen", socket.SOCK_STREAM, settings.host, settings.port),
        ("media_port", socket.SOCK_DGRAM, "0.0.0.0", settings.media_port),
    )
    for key, kind, host, port in tries:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=kind)[0]
        with socket.socket(family, kind) as trial:
            if kind == socket.SOCK_STREAM:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                trial.bind(address)
            except OSError as error:
                return f"{key} {port} ({error.strerror})"
    return None


def _children(settings: Settings, addresses: tuple[str, ...], places: Places, file: Path | None, *, verbose: bool) -> list[Child]:
    advertise = ["--advertise", *addresses] if addresses else []
    worker = ["--control", str(places.worker_socket), "--ring", str(places.ring), "--port", str(settings.media_port), *advertise]
    worker += ["--advertise-port", str(settings.advertise_port)]
    recorder = ["--control", str(places.recorder_socket), "--ring", str(places.ring)]
    recorder += ["--data", str(settings.recordings_path), "--keys", str(places.keys)]
    recorder += ["--reserve-mb", str(settings.disk_reserve_mb)]
    recorder += ["--part-s", str(PART_S)] if settings.redis and settings.s3_bucket else []
    serve = ["serve", *(["--settings", str(file)] if file else []), *(["--verbose"] if verbose else [])]

    def module(name: str, words: list[str]) -> list[str]:
        return launched(name, words, settings.log_format, node=_name_in_logs(settings), verbose=verbose)

    return [
        Child("recorder", module("recorder.main", recorder), nice=RECORDER_NICE),
        Child("media worker", module("server.media.worker", worker)),
        Child("server", ["-m", "server.cli", *serve], end_s=END_S + (settings.drain_s + DRAIN_MORE_S if settings.redis else 0)),
    ]


if __name__ == "__main__":
    sys.exit(main())
