"""The formats that sessions can be made from: the shipped ones, and the operator's own beside them."""

from __future__ import annotations

from pathlib import Path

from server.session.plan import FormPlan, Plan, PlanError, parse_form, parse_plan
from server.settings import SettingsError

CONFIG = Path(__file__).parents[1] / "config"


def load_plans(own: Path | None = None) -> dict[str, Plan]:
    """Every format by its id, the shortest round first. One of the operator's own replaces a shipped one of the same id.

    `own` holds formats as *.toml and their forms as forms/*.toml. Raises SettingsError naming the file.
    """
    forms = _forms(CONFIG / "forms")
    plans = _plans(CONFIG / "plans", forms)
    if own is not None:
        if not own.is_dir():
            raise SettingsError(f"plans: there is no folder {own}")
        plans |= _plans(own, forms | _forms(own / "forms"))
    return {plan.id: plan for plan in sorted(plans.values(), key=lambda plan: plan.round_s)}


def _plans(folder: Path, forms: dict[str, FormPlan]) -> dict[str, Plan]:
    found = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            plan = parse_plan(path.read_text(), forms)
        except (PlanError, OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: {error}") from error
        found[plan.id] = plan
    return found


def _forms(folder: Path) -> dict[str, FormPlan]:
    found = {}
    for path in sorted(folder.glob("*.toml")):
        try:
            form = parse_form(path.read_text())
        except (PlanError, OSError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: {error}") from error
        found[form.id] = form
    return found
