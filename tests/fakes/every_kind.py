"""A format of test: every kind of phase, lane and floor that there can be, each as short as turns allow."""

from __future__ import annotations

from server.session.commands import StartLesson
from server.session.plan_check import parse_form, parse_plan
from server.session.schedule import lesson_waits
from tests.fakes.played_session import PlayedSession


def _form(name: str, *fields: str) -> str:
    return f'id = "{name}"\nversion = 1\ntitle = "{name}"\n' + "".join(f"[[fields]]\n{field}\n" for field in fields)


def _field(key: str, more: str = "") -> str:
    return f'key = "{key}"\nlabel = "{key}"\n{more}'


FORMS = {
    "card": _form("card", _field("goal"), _field("doubt", "private = true")),
    "own": _form("own", _field("worked")),
    "note": _form("note", _field("helped"), _field("suggestion")),
    "listed": _form("listed", _field("seen")),
    "open-note": _form("open-note", _field("seen"), _field("doubt", "private = true")),
    "later": _form("later", _field("seen")),
    "listening": _form("listening", _field("notes")),
    "to-try": _form("to-try", _field("try", "pinned = true")),
    "noticed": _form("noticed", _field("noticed", 'choices = [{ key = "y", label = "Yes" }, { key = "n", label = "No" }]')),
    "second": _form("second", _field("different")),
    "take-along": _form("take-along", _field("sentence")),
}


def _phase(key: str, floor: str, more: str = "", minutes: str = "{ default = 2, least = 1, most = 4 }") -> str:
    clock = f"minutes = {minutes}\n" if minutes else ""
    return f'[[round]]\nkey = "{key}"\ntitle = "{key}"\n{clock}floor = "{floor}"\n{more}\n'


def _lane(key: str, who: str, floor: str, more: str = "") -> str:
    return f'[[round.lanes]]\nkey = "{key}"\ntitle = "{key}"\nwho = {who}\nfloor = "{floor}"\n{more}\n'


LESSON = 'starts = "by_teacher"\nrecord = true\nstage = "teacher"\nmarks = [{ key = "helped", label = "Helped" }]'
SHORT = "minutes = { default = 1, least = 0.5, most = 2 }\n"
TEXT = "\n".join(
    [
        'id = "every-kind"\nversion = 1\ntitle = "Every kind"\nsummary = "Every kind."\ngrace_s = 5\n'
        'waives = ["teacher_first"]\n[before]\nkey = "before"\ntitle = "before"\nforms = { teacher = "card" }',
        _phase("lesson", "open", LESSON),
        _phase("writing", "silent", 'cameras = "rest"\nforms = { teacher = "own", colleague = "note" }'),
        _phase("apart", "open"),
        _lane("own-time", '["teacher"]', "silent", "replay = true"),
        _lane("advice", '["consultant"]', "open", SHORT),
        _lane("talk", '["colleague"]', "round_robin", SHORT + 'collects = true\nforms = { colleague = "listed", read_from = "phase_end" }'),
        _phase("report", "spokesperson", 'stage = "speaker"'),
        _phase("first", "teacher"),
        _phase("feedback", "round_robin", 'turns = "shared_out"\nanswers = true\nforms = { teacher = "listening" }'),
        _phase("asking", "queue", 'turns = "shared_out"\nanswers = true'),
        _phase("opinions", "permission", 'stage = "speaker"', minutes=""),
        _phase("pairs", "open", 'join = "at_zero"'),
        _lane("pair", '["teacher", "consultant"]', "open", 'shows = "everybody"'),
        _lane("others", '["colleague"]', "queue", SHORT + 'turns = "shared_out"\ncollects = true\ncameras = "speakers"'),
        _phase("choose", "open", 'at_zero = "ask"\nforms = { teacher = "to-try" }'),
        _phase("lesson-again", "open", LESSON + '\nagain = "lesson"'),
        _phase(
            "writing-again", "silent", 'again = "writing"\nforms = { colleague = "second", suggester = "noticed", read_from = "phase_end" }'
        ),
        _phase("among", "colleagues", 'forms = { colleague = "open-note", read_by = "everybody", read_from = "at_once" }'),
        _phase("feedback-again", "round_robin", 'again = "feedback"\nforms = { colleague = "later", read_from = "round_end" }'),
        '[closing]\nkey = "closing"\ntitle = "closing"\nminutes = { default = 2, least = 1, most = 4 }\n'
        'forms = { teacher = "take-along", colleague = "take-along" }',
    ]
)
EVERY_KIND = parse_plan(TEXT, {name: parse_form(text) for name, text in FORMS.items()})


def reach(played: PlayedSession, key: str) -> None:
    """The one who leads goes on, and starts lessons, until the phase of this key in the round that runs or comes next."""
    while played.state.phase is not None and played.state.phase.key != key:
        state = played.state
        if lesson_waits(state) and (state.position.round, state.position.index) not in state.lessons:
            take = f"take-{state.position.round}-{state.position.index}"
            played.must(StartLesson(seat=played.leader, decision=state.decision, take=take))
            played.pass_deadline()
            played.now_ms += 20_000
        else:
            played.advance()
