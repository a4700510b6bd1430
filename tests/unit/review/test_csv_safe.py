"""Tables hold what people wrote, and no spreadsheet takes it for a formula."""

from __future__ import annotations

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from server.review.export.csv_safe import csv_bytes

HOSTILE = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "  =1", "＝1", "＠A1")


def read(body: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline="")))


def test_a_text_that_would_be_a_formula_is_told_to_be_a_text() -> None:
    rows = read(csv_bytes(("text",), [(text,) for text in HOSTILE]))
    assert [cell for (cell,) in rows[1:]] == [f"'{text}" for text in HOSTILE]


def test_what_is_no_formula_stays_as_it_was_written() -> None:
    said = ("Größe, „Maß“; 3-2", 'two "quotes"', "one\nline and another", "", "a=b")
    assert read(csv_bytes(("a", "b", "c", "d", "e"), [said]))[1] == list(said)


def test_numbers_stay_numbers_and_nothing_is_nothing() -> None:
    assert read(csv_bytes(("a", "b", "c", "d"), [(-3, 2.5, None, True)]))[1] == ["-3", "2.5", "", "yes"]


def test_excel_is_told_the_alphabet() -> None:
    assert csv_bytes(("ü",), []) == b"\xef\xbb\xbf\xc3\xbc\r\n"


@given(st.lists(st.lists(st.text(max_size=20), min_size=3, max_size=3), max_size=5))
def test_whatever_people_write_comes_back(rows: list[list[str]]) -> None:
    def plain(text: str) -> str:
        return text.replace("\0", "").encode("utf-8", "replace").decode()

    back = read(csv_bytes(("a", "b", "c"), rows))[1:]
    assert [[cell.removeprefix("'") for cell in row] for row in back] == [[plain(cell).removeprefix("'") for cell in row] for row in rows]
    assert not any(cell.lstrip(" ")[:1] in tuple("=+-@\t\r\n") and cell.strip(" ") for row in back for cell in row)
