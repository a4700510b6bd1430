"""No file and no function absorbs everything."""

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FILE_LINES = 400
FUNCTION_LINES = 60

# "path" or "path:function" -> why it is better whole
EXCEPTIONS: dict[str, str] = {"web/static/js/protocol.js": "generated, one type for each message"}


def sources() -> list[Path]:
    found = [path for folder in ("server", "recorder", "web") for path in (ROOT / folder).rglob("*") if path.is_file()]
    text = [path for path in found if path.suffix in (".py", ".js", ".css", ".html", ".j2", ".sql")]
    return sorted([*text, ROOT / "tasks.py"])


def test_files_are_short() -> None:
    long = {name(path): count for path in sources() if (count := len(path.read_text().splitlines())) > FILE_LINES}
    assert {path: count for path, count in long.items() if path not in EXCEPTIONS} == {}


def test_functions_are_short() -> None:
    long = {}
    for path in sources():
        if path.suffix == ".py":
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    count = (node.end_lineno or node.lineno) - node.lineno + 1
                    if count > FUNCTION_LINES and f"{name(path)}:{node.name}" not in EXCEPTIONS:
                        long[f"{name(path)}:{node.name}"] = count
    assert long == {}


def test_no_exception_outlives_its_reason() -> None:
    for exception, reason in EXCEPTIONS.items():
        assert reason
        assert (ROOT / exception.split(":")[0]).exists(), exception


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))
