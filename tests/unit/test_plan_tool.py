"""`microteach plan`: what somebody reads who has written a format."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from server.plan_tool import check_plans, list_plans
from server.plans import CONFIG, load_plans

SHIPPED = CONFIG / "plans"


def test_a_right_format_is_said_to_be_right_with_its_minutes(capsys: pytest.CaptureFixture[str]) -> None:
    assert check_plans([SHIPPED / "twenty-minute-round.toml", SHIPPED / "practise-alone.toml"]) == 0
    out, err = capsys.readouterr()
    assert out == "twenty-minute-round, version 2: 20 minutes for each teacher, ok\npractise-alone, version 1: 8 minutes, ok\n"
    assert err == ""


def test_a_wrong_format_is_named_with_key_and_reason_and_the_others_are_still_checked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "mine.toml"
    wrong.write_text((SHIPPED / "try-out.toml").read_text().replace("least = 0.25", "least = 2"))
    assert check_plans([wrong, SHIPPED / "try-out.toml"]) == 1
    out, err = capsys.readouterr()
    assert err == f"{wrong}: writing.minutes: least, default and most must rise\n"
    assert out.startswith("try-out, version")


def test_forms_are_looked_up_beside_the_format_first(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text((SHIPPED / "try-out.toml").read_text().replace('"one-thing"', '"ours"'))
    assert check_plans([mine]) == 1
    assert capsys.readouterr().err == f"{mine}: ours: there is no form of this name\n"
    (tmp_path / "forms").mkdir()
    form = tmp_path / "forms" / "ours.toml"
    form.write_text((CONFIG / "forms" / "one-thing.toml").read_text().replace('"one-thing"', '"ours"'))
    assert check_plans([mine]) == 0
    form.write_text("id = 1")
    assert check_plans([mine]) == 1
    assert capsys.readouterr().err.startswith(f"{form}: id: ")


def test_a_file_that_is_not_there_is_said_to_be_missing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert check_plans([tmp_path / "nowhere.toml"]) == 1
    assert capsys.readouterr().err == f"{tmp_path / 'nowhere.toml'}: No such file or directory\n"


def test_all_formats_are_listed_with_ones_own_among_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "mine.toml").write_text((SHIPPED / "try-out.toml").read_text().replace('"try-out"', '"ours"', 1))
    assert list_plans(tmp_path) == 0
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines} == {*load_plans(), "ours"}
    assert "mini-lesson                40 minutes for each teacher: 40-minute mini-lesson" in lines
    assert list_plans(tmp_path / "nowhere") == 1
    assert "no folder" in capsys.readouterr().err


def test_the_command_needs_no_settings_and_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "microteach.toml").write_text("nonsense = 1")
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", "plan", "check", str(SHIPPED / "try-out.toml")],
        cwd=tmp_path,
        env={"PYTHONPATH": str(CONFIG.parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "try-out, version 3: 2 minutes for each teacher, ok\n"), done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["microteach.toml"]
