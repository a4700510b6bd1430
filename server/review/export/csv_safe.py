"""Tables for spreadsheets: CSV (RFC 4180) in UTF-8 with a byte order mark, so that Excel reads names as they are written.

Invariant: no text is taken for a formula when the file is opened (CWE-1236). Numbers stay numbers.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

Cell = str | int | float | bool | None

# Full-width forms are formulas to spreadsheets in Chinese and Japanese.
_BEGINS_A_FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def csv_bytes(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    written = io.StringIO()
    writer = csv.writer(written, lineterminator="\r\n")
    writer.writerow([_safe(name) for name in header])
    writer.writerows([_safe(cell) for cell in row] for row in rows)
    return "\ufeff".encode() + written.getvalue().encode("utf-8", "replace")


def _safe(cell: Cell) -> str | int | float:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if not isinstance(cell, str):
        return cell
    text = cell.replace("\0", "")
    return f"'{text}" if text.lstrip(" ").startswith(_BEGINS_A_FORMULA) else text
