from pathlib import Path

import pytest

from server.people.invitations import Invitations, load_secret

HERE = Invitations(b"s" * 32)


def test_a_link_seats_people_in_its_own_session_only() -> None:
    assert HERE.read(HERE.make("abc", "invitation"), "invitation") == "abc"
    assert HERE.read(HERE.make("abc", "lead"), "lead") == "abc"


@pytest.mark.parametrize(
    "token", ["", ".", "abc", "abc.", "abc.def", HERE.make("abc", "lead"), "ü.ü", "a" * 300, HERE.make("abc", "invitation") + "="]
)
def test_a_forged_link_is_no_link(token: str) -> None:
    assert HERE.read(token, "invitation") is None


def test_a_link_of_another_installation_is_no_link() -> None:
    assert HERE.read(Invitations(b"t" * 32).make("abc", "invitation"), "invitation") is None


def test_the_secret_is_made_once_and_only_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert load_secret(path) == load_secret(path)
    assert path.stat().st_mode & 0o777 == 0o600
