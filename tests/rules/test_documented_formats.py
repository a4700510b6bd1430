"""docs/plans.md names every key that a format can have, and none that it cannot; and every format that is shipped, with its minutes."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest

from server.plans import load_plans, shipped_forms
from server.session.plan import FormPlan, LanePlan, Minutes, PhaseForms, PhasePlan, Plan, Say, Step
from server.wire.pieces import Choice, Field

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "plans.md").read_text()
PLANS = load_plans()
# heading -> what its tables with the columns `key | values, default | meaning` describe
SECTIONS: dict[str, tuple[type[msgspec.Struct], ...]] = {
    "Format": (Plan,),
    "Phase and lane": (Step,),
    "Phase": (PhasePlan, Choice),
    "Lane": (LanePlan,),
    "Minutes": (Minutes,),
    "Forms of a phase": (PhaseForms,),
    "Words to say": (Say,),
    "Form": (FormPlan,),
    "Question": (Field,),
}


def section(heading: str) -> str:
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", TEXT, re.MULTILINE | re.DOTALL)
    assert found, f"no section {heading}"
    return found[1]


def first_columns(text: str, head: str) -> set[str]:
    """The names in the first column of the tables whose first line is `head`."""
    tables = re.findall(rf"^{re.escape(head)}\n\| ---.*\n((?:\|.*\n)+)", text, re.MULTILINE)
    return {name for table in tables for row in table.splitlines() for name in re.findall(r"`([\w-]+)`", row.split("|")[1])}


def own_keys(struct: type[msgspec.Struct]) -> set[str]:
    inherited = set(Step.__struct_fields__) if issubclass(struct, Step) and struct is not Step else set()
    return set(struct.__struct_fields__) - inherited


@pytest.mark.parametrize("heading", SECTIONS)
def test_every_key_is_documented_and_no_other(heading: str) -> None:
    keys = {key for struct in SECTIONS[heading] for key in own_keys(struct)}
    assert first_columns(section(heading), "| key | values, default | meaning |") == keys


@pytest.mark.parametrize(
    ("head", "heading", "field"),
    [("| `floor` | who is heard |", "Phase and lane", "floor"), ("| `waives` | the rule |", "Rules", "waives")],
)
def test_every_kind_of_floor_and_rule_is_explained(head: str, heading: str, field: str) -> None:
    struct: type[msgspec.Struct] = Step if field == "floor" else Plan
    kind = next(each.type for each in msgspec.inspect.type_info(struct).fields if each.name == field)  # type: ignore[attr-defined]
    literal = getattr(kind, "item_type", kind)
    assert first_columns(section(heading), head) == set(literal.values)


@pytest.mark.parametrize(("struct", "heading"), [(struct, heading) for heading, structs in SECTIONS.items() for struct in structs])
def test_every_word_that_a_key_can_have_is_documented(struct: type[msgspec.Struct], heading: str) -> None:
    for field in msgspec.inspect.type_info(struct).fields:  # type: ignore[attr-defined]
        literal = getattr(field.type, "item_type", field.type)
        if isinstance(literal, msgspec.inspect.LiteralType) and field.name in own_keys(struct):
            assert [value for value in literal.values if f"`{value}`" not in section(heading)] == [], field.name


def test_every_shipped_format_is_listed_with_its_minutes() -> None:
    rows = re.findall(r"^\| `([\w-]+)` \| ([\d.]+) min \|", section("Shipped"), re.MULTILINE)
    assert {plan: float(minutes) * 60 for plan, minutes in rows} == {plan.id: plan.round_s for plan in PLANS.values()}


def test_cards_that_no_shipped_format_uses_are_listed() -> None:
    used = {form for plan in PLANS.values() for form in plan.forms}
    cards = set(re.findall(r"`([\w-]+)`", section("Shipped").rpartition("\n\n")[2]))
    assert cards == shipped_forms().keys() - used
