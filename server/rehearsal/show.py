"""What a rehearsal shows in the terminal: where it is, and at the end how the time went."""

from __future__ import annotations

from collections.abc import Iterator

from server.rehearsal.stage import Stage
from server.session.state import State, phase_at
from server.wire.course import RuleKept

BAR = 24


def now_line(stage: Stage) -> str:
    """One line: time that has gone by, phase, whose round, a bar, what is left."""
    state = stage.state
    seconds = (stage.now_ms - stage.began_ms) // 1000
    left_ms = max(0, (state.ends_ms or stage.now_ms) - stage.now_ms)
    whole_ms = max(1, (state.planned_s or 1) * 1000)
    done = BAR if not state.ends_ms else round(BAR * max(0.0, 1 - left_ms / whole_ms))
    left = f"{clock(left_ms // 1000)} left" if state.ends_ms else ""
    return f"{clock(seconds):>7}  {_title(stage):<44.44}  {'█' * done}{'░' * (BAR - done)}  {left}"


def phase_line(stage: Stage) -> str:
    state = stage.state
    seconds = (stage.now_ms - stage.began_ms) // 1000
    apart = "; ".join(f"{lane}: {', '.join(names)}" for lane, names in _lanes(stage))
    length = f" ({minutes(state.planned_s)})" if state.planned_s else ""
    return f"{clock(seconds):>7}  {_title(stage)}{length}{f' – {apart}' if apart else ''}"


def report(stage: Stage) -> str:
    """How the time went: each phase planned and actual, who had the floor, which rules were kept. The same as after a session."""
    leader = next(player for player in stage.players if player.leads)
    view = stage.view(leader.seat)
    names = {player.seat: player.name for player in stage.players}
    rows = [(_whose(stage.state, names, spent.round) if spent.part == "round" else "", spent) for spent in view.spent]
    lines = ["", "How the time went", f"  {'':<34} {'planned':>9} {'was':>9}"]
    for whose, spent in rows:
        title = f"{spent.title}{f' ({whose})' if whose else ''}"
        lines.append(f"  {title:<34.34} {minutes(spent.planned_s) if spent.planned_s else '–':>9} {minutes(spent.spent_s):>9}")
    whole_s = (stage.now_ms - stage.began_ms) // 1000
    lines += [f"  {'all':<34} {'':>9} {minutes(whole_s):>9}", "", "Who was heard"]
    for heard in view.heard:
        lines.append(f"  {names[heard.seat]:<12} in the round of {_whose(stage.state, names, heard.round)}: {minutes(heard.seconds)}")
    lines += ["  nobody had turns in this format"] if not view.heard else []
    lines += ["", "Rules", *(f"  {'kept    ' if rule.kept else 'NOT KEPT'}  {_words(rule, stage.state, names)}" for rule in view.rules)]
    return "\n".join(lines)


def clock(seconds: int) -> str:
    return f"{seconds // 60}:{seconds % 60:02d}"


def minutes(seconds: int) -> str:
    return f"{clock(seconds)} min"


def _title(stage: Stage) -> str:
    state = stage.state
    phase = phase_at(state.plan, state.position)
    names = {player.seat: player.name for player in stage.players}
    whose = f" – {_whose(state, names, state.position.round)}" if state.position.part == "round" else ""
    return f"{phase.title if phase else 'The end'}{whose}"


def _lanes(stage: Stage) -> Iterator[tuple[str, list[str]]]:
    phase = stage.state.phase
    people = stage.view(stage.players[0].seat).people
    for lane in phase.lanes if phase and stage.state.lanes else ():
        yield lane.title, [person.name for person in people if person.lane == lane.key]


def _whose(state: State, names: dict[str, str], round_: int) -> str:
    return names.get(state.order[round_], "") if round_ < len(state.order) else ""


def _words(rule: RuleKept, state: State, names: dict[str, str]) -> str:
    whose = f" (round of {_whose(state, names, rule.round)})" if rule.round is not None else ""
    match rule.rule:
        case "everybody_heard":
            unheard = ", ".join(names[seat] for seat in rule.seats)
            return f"everybody is heard{whose}{f': not {unheard}' if unheard else ''}"
        case "teacher_first":
            return f"the teacher speaks first after the lesson{whose}"
        case "alike":
            return f"every teacher has the same time: {rule.seconds} s apart at most"
        case "on_time":
            return f"the session ends when it was meant to{f': {rule.seconds} s later' if rule.seconds else ''}"
