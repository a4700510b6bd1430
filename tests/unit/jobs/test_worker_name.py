"""Two workers never have one name: whoever starts frees the leases of its own name."""

from pathlib import Path

from server.jobs.worker import name_of


def test_each_folder_has_its_name_and_keeps_it(tmp_path: Path) -> None:
    """As in two containers of one host: the host's name is the same, and so is the folder's inside."""
    one, other = tmp_path / "a" / "worker", tmp_path / "b" / "worker"
    for folder in (one, other):
        folder.mkdir(parents=True)
    assert name_of(one) != name_of(other)
    assert name_of(one) == name_of(one)
