"""The languages of the screen: English, as it stands in the code, and each catalogue `LANGUAGE.po` of translations of it.

A sentence without a translation stays English. Knows no request: who asks gives a cookie's text and a header's.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.messages.pofile import read_po

from server.session.beside import Translate

ENGLISH = "en"
FOLDER = Path(__file__).parents[1] / "config" / "locale"


class Languages:
    def __init__(self, folder: Path = FOLDER) -> None:
        self._sentences: dict[str, dict[str, str]] = {ENGLISH: {}}
        for path in sorted(folder.glob("*.po")):
            self._sentences[path.stem] = read_catalogue(path)
        self.names = {language: str(Locale(language).get_display_name(language)) for language in self._sentences}

    def __contains__(self, language: str) -> bool:
        return language in self._sentences

    def best(self, chosen: str, accepted: str) -> str:
        """`chosen` on this device before, else the first of an Accept-Language header (RFC 9110, 12.5.4) that there is."""
        if chosen in self:
            return chosen
        return next((language for language in _by_preference(accepted) if language in self), ENGLISH)

    def day(self, language: str, ms: int) -> str:
        """Such as "Friday, 12 March", in this machine's time zone."""
        locale = "en_GB" if language == ENGLISH or language not in self else language
        return format_date(datetime.fromtimestamp(ms / 1000), "EEEE, d MMMM", locale=locale)

    def translator(self, language: str) -> Translate:
        sentences = self._sentences.get(language, {})
        return lambda text: sentences.get(text, text)


def read_catalogue(path: Path) -> dict[str, str]:
    """English sentence to translation. Fuzzy entries are guesses and left out."""
    with path.open("rb") as file:
        catalogue = read_po(file, locale=path.stem, abort_invalid=True)
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string and not entry.fuzzy}


def _by_preference(accepted: str) -> list[str]:
    """Primary languages, the most wanted first."""
    wanted: list[tuple[float, str]] = []
    for part in accepted[:500].split(","):
        name, _, parameters = part.partition(";")
        try:
            quality = float(parameters.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if quality > 0:
            wanted.append((-quality, name.strip().lower().partition("-")[0]))
    return [language for _, language in sorted(wanted, key=lambda each: each[0])]
