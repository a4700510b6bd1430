"""The command `microteach doctor`: runs the checks one after the other and prints what each finds.

Exit code: 0 all is well, 1 there are warnings, 2 something has to be put right.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

import msgspec

from server.doctor import address, certificate, exposure, folders, kept, machine, mail, outside, ports, relay, settled, software
from server.doctor.findings import LEVELS, About, Check, Finding, fail, worst

DEFAULT_FILE = Path("microteach.toml")
CLEAR = "\x1b[K"
MARKS = {"ok": "  ok  ", "warn": " warn ", "fail": " FAIL "}
CHECKS: tuple[tuple[str, tuple[Check, ...]], ...] = (
    ("Software", (software.check_versions, software.check_speed)),
    ("Machine", (machine.check_machine, machine.check_clock)),
    ("Folders", (folders.check_folders,)),
    ("Address", (address.check_address, certificate.check_certificate)),
    ("Ports", (ports.check_ports, exposure.check_exposure)),
    ("Relay", (relay.check_relay,)),
    ("Database", (kept.check_database,)),
    ("More than one machine", (settled.check_cluster, kept.check_redis, kept.check_buckets)),
    ("Mail and other programs", (mail.check_mail, outside.check_webhook, outside.check_provider)),
)


class Report(msgspec.Struct, frozen=True):
    worst: str
    findings: list[Finding]


def run_doctor(arguments: argparse.Namespace) -> int:
    file = arguments.settings or (DEFAULT_FILE if DEFAULT_FILE.exists() else None)
    output = None if arguments.json else sys.stdout
    findings = examine(file, output, send_mail=arguments.send_mail)
    if arguments.json:
        sys.stdout.buffer.write(msgspec.json.encode(Report(worst(findings), findings)) + b"\n")
    return LEVELS.index(worst(findings))


def examine(file: Path | None, output: TextIO | None, *, send_mail: str = "") -> list[Finding]:
    """Prints as it goes, where there is an `output`."""
    printer = Printer(output)
    printer.begin("Settings")
    settings, findings = settled.read(file)
    for finding in findings:
        printer.say(finding)
    if settings is not None:
        about = About(settings, file, send_mail)
        for title, group in CHECKS:
            printer.begin(title)
            for check in group:
                for finding in _caught(check, about):
                    printer.say(finding)
                    findings.append(finding)
    printer.sum_up(findings)
    return findings


def _caught(check: Check, about: About) -> Iterator[Finding]:
    """A check that breaks is a finding, not the end of the others."""
    try:
        yield from check(about)
    except Exception as error:  # noqa: BLE001 -- whatever this machine is like, the other checks have their turn
        name = getattr(check, "__name__", "check").removeprefix("check_")
        yield fail(
            "check_broke",
            f"This could not be looked at ({name}: {type(error).__name__}).",
            "Please report it with the version and the system.",
        )


class Printer:
    """A heading comes with the first finding below it; a terminal sees before that what is being looked at."""

    def __init__(self, output: TextIO | None) -> None:
        self._output = output
        self._title = ""

    def begin(self, title: str) -> None:
        self._title = title
        if self._output and self._output.isatty():
            print(f"  … {title}{CLEAR}", end="\r", file=self._output, flush=True)

    def say(self, finding: Finding) -> None:
        if self._output is None:
            return
        if self._title:
            print(f"{CLEAR if self._output.isatty() else ''}\n{self._title}", file=self._output)
            self._title = ""
        print(f"{MARKS[finding.level]} {finding.says}", file=self._output)
        if finding.do:
            print(f"        → {finding.do}  [{finding.code}]", file=self._output)
        self._output.flush()

    def sum_up(self, findings: Sequence[Finding]) -> None:
        if self._output is None:
            return
        warnings, failures = (sum(finding.level == level for finding in findings) for level in ("warn", "fail"))
        if failures:
            words = f"{failures} to put right" + (f", {warnings} to look at" if warnings else "")
        else:
            words = f"{warnings} to look at" if warnings else "All is well"
        print(f"{CLEAR if self._output.isatty() else ''}\n{words}.", file=self._output, flush=True)
