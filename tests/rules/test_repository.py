"""What is in git is ours, small, complete and tied to no machine."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST_BYTES = 200_000

# In pieces, so that this file does not match itself.
REGISTRIES = "|".join(["py" + "pi", "python" + "hosted", "npm" + "js", "yarn" + "pkg", "crates" + r"\.io", "proxy" + r"\.golang"])
FOLDERS = "|".join(["work", "farm", "root", "home", "opt/" + "py" + "pi", "opt/" + "wheels"])
PLACES = re.compile(rf"(?:https?://|@)(?:[\w-]+\.)*(?:{REGISTRIES})\b|(?<![\w.$}}/~-])/(?:{FOLDERS})/[\w.]")


def git(*args: str) -> list[str]:
    done = subprocess.run(["git", *args], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [line for line in done.stdout.split("\0") if line]


def committed() -> list[Path]:
    return [path for name in git("ls-files", "-z") if (path := ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in committed():
        data = path.read_bytes()
        if b"\0" not in data:
            found.append((path.relative_to(ROOT), data.decode(errors="replace")))
    return found


def test_no_registry_address_and_no_machine_path() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:120]}"
        for path, text in texts()
        for number, line in enumerate(text.splitlines(), 1)
        if PLACES.search(line)
    ]
    assert found == []


def test_the_search_for_places_finds_them() -> None:
    for line in ("https://" + "py" + "pi.org/simple", "https://registry." + "npm" + "js.org/", "cd /" + "work/main", "'/" + "root/x'"):
        assert PLACES.search(line), line
    for line in ("GET /home", "docs/work/plan.md", "https://example.org/", "/api/root/x"):
        assert not PLACES.search(line), line


def test_nothing_large() -> None:
    assert [
        f"{path.name}: {size} bytes" for path in committed() if (size := path.stat().st_size) > LARGEST_BYTES and path.suffix != ".lock"
    ] == []


def test_nothing_that_git_ignores() -> None:
    assert git("ls-files", "-z", "--cached", "--ignored", "--exclude-standard") == []


def test_links_between_documents_lead_somewhere() -> None:
    broken = [
        f"{path}: {target}"
        for path, text in texts()
        if path.suffix == ".md"
        for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```|`[^`]*`", "", text, flags=re.DOTALL))
        if not re.match(r"[a-z]+:|#", target) and not (ROOT / path.parent / target.split("#")[0]).exists()
    ]
    assert broken == []


def test_the_licence_is_there_and_whole() -> None:
    licence = (ROOT / "LICENSE").read_text()
    assert "Apache License" in licence
    assert "END OF TERMS AND CONDITIONS" in licence
    assert "GPL" in (ROOT / "NOTICE").read_text()
