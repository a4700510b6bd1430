"""What a browser keeps, what it asks for again, and what a page says in its head."""

from pathlib import Path, PurePosixPath

import pytest

from server.pages.modules import imported_by
from server.pages.static_files import StaticFiles

PAGE = '<link rel="stylesheet" href="/static/css/a.css">\n<script type="module" src="/static/js/pages/room.js"></script>'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in {
        "css/a.css": "a {}",
        "js/pages/room.js": 'import { a } from "../a.js";\nimport {\n  b,\n} from "../words.js";\nconst c = () => import("../later.js");\n',
        "js/a.js": '// import { x } from "./not.js";\n/** @import { T } from "./type.js" */\nexport { c } from "./c.js";\n',
        "js/c.js": 'import "./a.js";\n',
        "js/later.js": "",
        "js/words.js": 'import * as german from "./words/de/common.js";\nimport * as english from "./words/en/common.js";\n',
        "js/words/de/common.js": "",
        "js/words/en/common.js": "",
    }.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def test_a_pages_head_names_every_script_that_it_will_need_once(folder: Path) -> None:
    files = StaticFiles(folder)
    page = files.addressed(PAGE, "en")
    names = [line.split('"')[3].removeprefix(f"/static/{files.version}/en/") for line in page.splitlines() if "modulepreload" in line]
    assert names == ["js/pages/room.js", "js/a.js", "js/words.js", "js/c.js", "js/words/en/common.js"]


def test_words_come_in_the_language_of_the_page_alone(folder: Path) -> None:
    files = StaticFiles(folder)
    page = files.addressed(PAGE, "de")
    assert "/de/js/words/de/common.js" in page
    assert "words/en/" not in page
    words = files.file("js/words.js", "de")
    assert words is not None
    assert words.body.count(b"./words/de/common.js") == 2
    unchanged = files.file("js/words.js")
    assert unchanged is not None
    assert b"./words/en/" in unchanged.body


def test_a_language_without_words_for_scripts_gets_english_ones(folder: Path) -> None:
    words = StaticFiles(folder).file("js/words.js", "fr")
    assert words is not None
    assert words.body.count(b"./words/en/common.js") == 2


def test_addresses_change_with_any_file(folder: Path) -> None:
    before = StaticFiles(folder)
    (folder / "js/later.js").write_text("1;\n")
    after = StaticFiles(folder)
    assert before.version != after.version
    assert f"/static/{after.version}/en/css/a.css" in after.addressed(PAGE, "en")


def test_what_is_fetched_ahead_for_the_next_page_is_all_of_it(folder: Path) -> None:
    page = StaticFiles(folder).addressed('<link rel="prefetch" href="/static/js/pages/room.js">', "en")
    assert page.count('rel="prefetch"') == 5


def test_imports_are_found_however_they_are_written() -> None:
    text = 'import a from "./a.js";\nimport * as b from "../b.js";\nexport { c } from "./c.js";\nimport "./d.js";\nconst e = "./e.js";\n'
    assert imported_by(PurePosixPath("js/views/x.js"), text) == [
        PurePosixPath(path) for path in ("js/views/a.js", "js/b.js", "js/views/c.js", "js/views/d.js")
    ]
