"""Every sentence that the server says is said in every language, with the same gaps, and without words of the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import jinja2
import pytest
from babel.messages.pofile import read_po

from server.languages import FOLDER, read_catalogue
from server.plans import load_plans, shipped_forms
from server.session.plan import FormPlan, PhasePlan, Say

ROOT = Path(__file__).resolve().parents[2]
CATALOGUES = sorted(FOLDER.glob("*.po"))
GAP = re.compile(r"%\(\w+\)s|%[^(]|\{\w*\}")
# Calls whose argument at this place is told to people.
TOLD = {"UserError": 1, "Refused": 1, "refuse": 1, "translate": 0, "_": 0}
SENTENCE = re.compile(r"[A-Z][\w’]* .*")
NEVER = {
    "en": r"\bmarks?\b|\bmarking|\bplans?\b|\btakes? of\b|\blanes?\b|\brejoin|\bcaucus|\bsealed|\bfloor\b|\bgrant|\brevoke|\bledger|"
    r"\bobservers?\b|\bmentors?\b|\bpeers?\b|\bparticipants?\b|\bbots?\b|\bgreen room|\bovertime|\bmuted|\bfidelity",
    "de": r"\bMarkierung|\bPlan\b|\bPeers?\b|\bTeilnehmer|\bBots?\b|\bstumm|\bBeobachter|\bMentor|\bModerator\b|\bLehrer\b|"
    r"(?<!innen und )\bKollegen\b",
}


def sentences() -> set[str]:
    return {text for text in (*_of_templates(), *_of_code(), *_of_formats()) if text.strip()}


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_every_sentence_is_translated(catalogue: Path) -> None:
    missing = sorted(sentences() - read_catalogue(catalogue).keys())
    assert missing == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_no_translation_outlives_its_sentence(catalogue: Path) -> None:
    assert sorted(read_catalogue(catalogue).keys() - sentences()) == []


@pytest.mark.parametrize("catalogue", CATALOGUES, ids=lambda path: path.stem)
def test_translations_have_the_same_gaps(catalogue: Path) -> None:
    with catalogue.open("rb") as file:
        assert [message.id for message in read_po(file, locale=catalogue.stem) if message.fuzzy and message.id] == []
    pairs = read_catalogue(catalogue).items()
    assert [english for english, other in pairs if sorted(GAP.findall(english)) != sorted(GAP.findall(other))] == []


@pytest.mark.parametrize("language", ["en", *(path.stem for path in CATALOGUES)])
def test_words_of_the_code_stay_in_the_code(language: str) -> None:
    never = re.compile(NEVER[language], re.IGNORECASE if language == "en" else 0)
    told = sentences() if language == "en" else set(read_catalogue(FOLDER / f"{language}.po").values())
    scripts = ROOT / "web" / "static" / "js" / "words" / language
    told |= {text for path in scripts.glob("*.js") for text in re.findall(r'"[^"\n]*"|`[^`]*`', path.read_text()) if " " in text}
    assert sorted(text for text in told if never.search(text)) == []


def _of_templates() -> Iterator[str]:
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    for path in sorted((ROOT / "web" / "templates").glob("*.html")):
        for _, _, message in environment.extract_translations(path.read_text()):  # type: ignore[attr-defined]
            yield from (message,) if isinstance(message, str) else (part for part in message if part)


def _of_code() -> Iterator[str]:
    for path in sorted((ROOT / "server").rglob("*.py")):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                told = node.args[TOLD[name]] if name in TOLD and len(node.args) > TOLD[name] else None
                assert not isinstance(told, ast.JoinedStr), f"{path}:{node.lineno}: a sentence with values in it cannot be looked up"
                if isinstance(told, ast.Constant) and isinstance(told.value, str):
                    yield told.value
        if path.parent.name in ("pages", "api", "signaling"):
            yield from _of_tables(tree)


def _of_tables(tree: ast.Module) -> Iterator[str]:
    """Sentences that stand in a table or under a name of their own."""
    for node in tree.body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value:
            for each in ast.walk(node.value):
                if isinstance(each, ast.Constant) and isinstance(each.value, str) and SENTENCE.fullmatch(each.value):
                    yield each.value


def _of_formats() -> Iterator[str]:
    for plan in load_plans().values():
        yield from (plan.title, plan.summary, plan.suits, plan.credit)
        for phase in plan.phases:
            yield from _of_phase(phase)
    for form in shipped_forms().values():
        yield from _of_form(form)


def _of_phase(phase: PhasePlan) -> Iterator[str]:
    for step in (phase, *phase.lanes):
        yield step.title
        yield from (getattr(step.say, role) for role in Say.__struct_fields__)
    yield from (mark.label for mark in phase.marks)


def _of_form(form: FormPlan) -> Iterator[str]:
    yield from (form.title, form.credit)
    for field in form.fields:
        yield from (field.label, field.hint, *field.starters, *(choice.label for choice in field.choices))
