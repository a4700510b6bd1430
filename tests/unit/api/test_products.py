"""The name under which a film lands among somebody's downloads."""

from __future__ import annotations

import pytest

from server.api.products import file_name

STARTED_MS = 1_773_316_800_000  # 12 March 2026, noon UTC


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("Fractions", "Fractions-2026-03-12.mp4"),
        ("  Brüche & Größen: Teil 1 ", "Brueche-Groessen-Teil-1-2026-03-12.mp4"),
        ("École d’été", "Ecole-d-ete-2026-03-12.mp4"),
        ('../../etc/passwd"; x="\r\nSet-Cookie: a', "etc-passwd-x-Set-Cookie-a-2026-03-12.mp4"),
        ("Уроки", "lesson-2026-03-12.mp4"),
        ("", "lesson-2026-03-12.mp4"),
        ("x" * 300, f"{'x' * 60}-2026-03-12.mp4"),
    ],
)
def test_a_film_has_a_harmless_name(title: str, name: str) -> None:
    assert file_name(title, STARTED_MS) == name
