import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.doors.identity import fresh_token
from server.logs import Cover, JsonLines, Lines, ids_in, lets_pass, secrets_in
from server.people.invitations import Invitations
from server.people.seats import fresh_id
from server.settings import Settings

ROOT = Path(__file__).parents[2]


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO, logging.Handler]]:
    output = io.StringIO()
    handler = logging.StreamHandler(output)
    logger = logging.getLogger("server.of_this_test")
    logger.addHandler(handler)
    logger.propagate = False
    logger.setLevel(logging.DEBUG)
    yield logger, output, handler
    logger.removeHandler(handler)


def test_json_lines_carry_time_level_node_and_ids(log: tuple[logging.Logger, io.StringIO, logging.Handler]) -> None:
    logger, output, handler = log
    handler.setFormatter(JsonLines("node-1", Cover()))
    session, seat = fresh_id(), fresh_id()
    logger.info("page open, session=%s seat=%s", session, seat)
    logger.warning("job given by name", extra={"job": "J123"})
    first, second = map(json.loads, output.getvalue().splitlines())
    assert (first["level"], first["logger"], first["node"], first["session"], first["seat"]) == (
        "info",
        "server.of_this_test",
        "node-1",
        session,
        seat,
    )
    assert first["time"].endswith("Z")
    assert second["job"] == "J123"


def test_a_room_is_a_session_and_words_are_no_ids() -> None:
    session = fresh_id()
    assert ids_in(f"room {session} opened") == {"session": session}
    assert ids_in(f"seat={'-' + 'A1' * 11 + '_'} take={session}") == {"seat": f"-{'A1' * 11}_", "take": session}
    assert ids_in("the take goes on; a seat that was left") == {}


def test_an_exception_is_told_with_its_type_and_without_addresses(log: tuple[logging.Logger, io.StringIO, logging.Handler]) -> None:
    logger, output, handler = log
    handler.setFormatter(JsonLines("", Cover()))
    try:
        raise ConnectionRefusedError("Connect call failed ('192.0.2.7', 25) and 2001:db8::7 of ana@school.example")
    except ConnectionRefusedError:
        logger.exception("mail")
    told = json.loads(output.getvalue())
    assert told["exception"] == "ConnectionRefusedError"
    assert "Traceback" in told["stack"]
    for hidden in ("192.0.2.7", "2001:db8", "ana@"):
        assert hidden not in output.getvalue()


def test_what_looks_like_a_secret_is_covered() -> None:
    session, token = fresh_id(), fresh_token()
    invitation = Invitations(b"x" * 32).make(session, "invitation")
    cover = Cover(["north-wall-7", "abc"])
    text = f"redis://user:pa%20ss@host/0 /i/{invitation} mt_device={token} the secret north-wall-7 abc"
    covered = cover.covered(text)
    for hidden in ("user", "pa%20ss", invitation, token, "north-wall-7"):
        assert hidden not in covered
    assert session in covered
    assert covered.endswith(" abc"), "three letters are no secret that could be covered everywhere"


@pytest.mark.parametrize("text", ["at 12:34:56.789", "version 3.11.7", "a session of 1:2", "x[::-1]", "01:23", "take 5"])
def test_times_and_versions_stay(text: str) -> None:
    assert Cover().covered(text) == text


def test_a_line_stays_one_line(log: tuple[logging.Logger, io.StringIO, logging.Handler]) -> None:
    logger, output, handler = log
    handler.setFormatter(Lines(Cover()))
    logger.info("first\n2026-11-29 ERROR forged\x1b[2J")
    assert output.getvalue().count("\n") == 1
    assert "\x1b" not in output.getvalue()


def test_libraries_say_only_what_went_wrong() -> None:
    def record(name: str, level: int) -> logging.LogRecord:
        return logging.LogRecord(name, level, "", 0, "", None, None)

    assert lets_pass(record("server.rooms.room", logging.DEBUG))
    assert lets_pass(record("asyncio", logging.ERROR))
    assert not lets_pass(record("aiosqlite", logging.DEBUG))
    assert not lets_pass(record("serverless", logging.INFO))


def test_the_secrets_of_settings_are_known() -> None:
    settings = Settings(
        smtp_password="north-wall-7",
        database="postgresql://m:s%40ut@db/m",
        redis="rediss://:low-gate@cache",
        webhook_secret="whsec_A whsec_B",
    )
    values = {name: getattr(settings, name) for name in settings.__struct_fields__}
    assert set(secrets_in(values)) == {"north-wall-7", "s%40ut", "s@ut", "low-gate", "whsec_A", "whsec_B"}


def test_a_module_that_knows_nothing_of_it_writes_json(tmp_path: Path) -> None:
    program = (
        "import logging\nlogging.basicConfig(level=logging.INFO)\nlogging.getLogger('recorder.x').warning('to %s', '192.0.2.1')\n1/0\n"
    )
    (tmp_path / "spoken.py").write_text(program)
    done = subprocess.run(
        [sys.executable, "-m", "server.logs", "--format", "json", "--node", "n1", "spoken", "--control", "x"],
        env={"PYTHONPATH": f"{ROOT}:{tmp_path}"},
        capture_output=True,
        text=True,
        check=False,
    )
    warned, ended = map(json.loads, done.stderr.splitlines())
    assert (warned["node"], warned["message"]) == ("n1", "to ***")
    assert (ended["level"], ended["exception"]) == ("critical", "ZeroDivisionError")
    assert done.returncode == 1
