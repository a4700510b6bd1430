"""What a simulated colleague knows when it decides: who it is, what it sees, what it remembers; and what a cue is made of."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from server.bots.lines import Lines
from server.bots.writing import Typed
from server.wire import base
from server.wire.pieces import Person
from server.wire.view import View


@dataclass(frozen=True, slots=True)
class Say:
    """Speak this line through the microphone."""

    line: str


@dataclass(frozen=True, slots=True)
class Teach:
    """Tell the door that this colleague will teach."""


Act = Say | Teach | base.Command


@dataclass(frozen=True, slots=True)
class Character:
    """`index` is the place in which this one came in; `lasts_ms` how long each line takes to say."""

    index: int
    seed: int
    lines: Lines
    lasts_ms: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Memory:
    """`seen_ms`: when something was first so. `done_ms`: when a cue acted. Keys carry the phase."""

    seen_ms: Mapping[str, int] = field(default_factory=dict)
    done_ms: Mapping[str, int] = field(default_factory=dict)
    typed: Typed = field(default_factory=Typed)


@dataclass(frozen=True, slots=True)
class Scene:
    character: Character
    view: View
    memory: Memory
    now_ms: int

    @property
    def key(self) -> str:
        return f"{self.view.phase.part}/{self.view.phase.round}/{self.view.phase.key}"

    @property
    def me(self) -> Person | None:
        return next((person for person in self.view.people if person.seat == self.view.you.seat), None)

    @property
    def first(self) -> bool:
        return self.character.index == 0

    @property
    def teaches_now(self) -> bool:
        return self.view.teacher == self.view.you.seat

    def seen_ms(self, what: str) -> int:
        return self.memory.seen_ms.get(what, self.now_ms)

    def done_ms(self, cue: str) -> int | None:
        return self.memory.done_ms.get(f"{self.key}/{cue}")

    def may(self, command: str) -> bool:
        return command in self.view.you.may


When = Callable[[Scene], int | None]
What = Callable[[Scene], Sequence[Act]]


@dataclass(frozen=True, slots=True)
class Cue:
    """`when` says from which time on, or None while this is not its moment; `again` lets it act anew after another decision."""

    name: str
    when: When
    what: What
    again: bool = False


def say(line: str) -> What:
    """Speak this line, where one is heard."""

    def what(scene: Scene) -> Sequence[Act]:
        heard = scene.view.floor.mode == "open" or scene.view.you.seat in scene.view.floor.speakers
        return (Say(line),) if heard and line in scene.character.lines.said else ()

    return what


def new_id(scene: Scene, kind: str) -> str:
    """The same whenever it is asked for, so that what is sent twice counts once."""
    chance = random.Random(f"{scene.character.seed}/{scene.view.you.seat}/{scene.key}/{kind}")
    return f"{kind}-{scene.view.phase.round}-{chance.randrange(1 << 40):x}"
