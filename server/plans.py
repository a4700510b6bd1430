"""The formats that sessions can be made from: the shipped ones, and the operator's own beside them."""

from __future__ import annotations

from pathlib import Path

from server.session.plan import FormPlan, Plan
from server.session.plan_check import PlanError, parse_form, parse_plan
from server.settings import SettingsError

CONFIG = Path(__file__).parents[1] / "config"


def load_plans(own: Path | None = None) -> dict[str, Plan]:
    """Every format by its id, the shortest round first. One of the operator's own replaces a shipped one of the same id.

    `own` holds formats as *.toml and their forms as forms/*.toml. Raises SettingsError naming the file.
    """
    plans = _plans(CONFIG / "plans", shipped_forms())
    if own is not None:
        if not own.is_dir():
            raise SettingsError(f"plans: there is no folder {own}")
        plans |= _plans(own, forms_of(own))
    return {plan.id: plan for plan in sorted(plans.values(), key=lambda plan: plan.round_s)}


def read_plan(path: Path, forms: dict[str, FormPlan]) -> Plan:
    """Raises SettingsError: the file, the key and the reason."""
    try:
        return parse_plan(path.read_text(), forms)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except (PlanError, UnicodeDecodeError) as error:
        raise SettingsError(f"{path}: {error}") from error


def shipped_forms() -> dict[str, FormPlan]:
    """Those that shipped formats ask, and cards for formats of one's own."""
    return _forms(CONFIG / "forms")


def forms_of(folder: Path) -> dict[str, FormPlan]:
    """What the formats in this folder can ask: the forms beside them, and the shipped ones. Raises SettingsError."""
    return shipped_forms() | _forms(folder / "forms")


def _plans(folder: Path, forms: dict[str, FormPlan]) -> dict[str, Plan]:
    plans = [read_plan(path, forms) for path in sorted(folder.glob("*.toml"))]
    return {plan.id: plan for plan in plans}


def _forms(folder: Path) -> dict[str, FormPlan]:
    found = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            form = parse_form(path.read_text())
        except (PlanError, OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: {error}") from error
        found[form.id] = form
    return found
