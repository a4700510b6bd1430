"""A session played in memory by simulated people: the same rules as a real one, without server, disk or media. Its time is an argument."""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

from server.bots.behaviour import Memory, Say, Teach, behave
from server.bots.scene import Act, Scene
from server.rehearsal.cast import Player, lead
from server.session import commands
from server.session.answers import Refused
from server.session.beside import Beside, EntryKey, TakeState, line_key, offer_key
from server.session.decide import decide
from server.session.events import AnyEvent, SessionMade
from server.session.evolve import evolve, fold
from server.session.plan import Plan
from server.session.schedule import next_deadline_ms
from server.session.state import State
from server.session.view import view
from server.signaling.asked import ASKED
from server.wire import base, moves
from server.wire import messages as wire
from server.wire.view import View

THINKS_EVERY_MS = 1_000


class Stage:
    """`log` is what a real session would have on disk. `refused` counts by code what people did that was not taken."""

    def __init__(self, plan: Plan, players: Iterable[Player], began_ms: int) -> None:
        self.players = tuple(players)
        self.began_ms = self.now_ms = began_ms
        self.log: list[AnyEvent] = [SessionMade(at_ms=began_ms, session="rehearsal", plan=plan)]
        self.refused: dict[str, int] = {}
        self._texts: dict[EntryKey, dict[str, str]] = {}
        self._words: dict[str, str] = {}
        self._takes: dict[str, TakeState] = {}
        self._memories = {player.seat: Memory() for player in self.players}
        self.state: State = fold(self.log)
        for player in self.players:
            self._come(player)

    @property
    def over(self) -> bool:
        return self.state.position.part == "ended"

    def play(self, until_ms: int) -> None:
        """What happens by itself and what people do, up to this time."""
        while self.now_ms < until_ms and not self.over:
            due_ms = next_deadline_ms(self.state)
            self.now_ms = min(until_ms, self.now_ms + THINKS_EVERY_MS, max(self.now_ms + 1, due_ms or until_ms))
            self._ask(commands.Tick())
            for player in self.players:
                self._think(player)

    def view(self, seat: str) -> View:
        names = {player.seat: player.name for player in self.players}
        beside = Beside(
            title=self.state.plan.title, names=names, texts=self._texts, takes=self._takes, chat=self._words, lines=frozenset(names)
        )
        return view(self.state, seat, beside, self.now_ms)

    def _come(self, player: Player) -> None:
        self._ask(commands.TakeSeat(seat=player.seat, teaches=player.teaches, leads=player.leads))
        self._ask(commands.SetHere(seat=player.seat, here=True, since_ms=self.now_ms))
        self._ask(commands.ChooseRecording(seat=player.seat, choice="record"))
        if player.consults:
            self._ask(commands.SetConsultant(seat=self.players[0].seat, whose=player.seat, on=True))

    def _think(self, player: Player) -> None:
        seen = self.view(player.seat)
        acts, memory = behave(player.character, seen, self._memories[player.seat], self.now_ms)
        self._memories[player.seat] = memory
        led = lead(Scene(player.character, seen, memory, self.now_ms)) if player.leads else ()
        for act in (*acts, *led):
            self._do(player.seat, act)

    def _do(self, seat: str, act: Act) -> None:
        match act:
            case Say() | Teach():
                return
            case wire.Write(form=form, round=round_, field=name, text=text):
                command = commands.Write(seat=seat, form=form, round=round_, field=name, empty=not text.strip())
                if self._ask(command):
                    self._texts.setdefault(EntryKey(round=round_, form=form, author=seat), {})[name] = text
            case wire.Chat(message=message, text=text, to=to):
                self._say(commands.Chat(seat=seat, message=message, to=to), message, text)
            case wire.AddLine(line=line, text=text):
                self._say(commands.AddLine(seat=seat, line=line), line_key(line), text)
            case wire.OfferOpinion(offer=offer, text=text):
                self._say(commands.OfferOpinion(seat=seat, offer=offer), offer_key(offer), text)
            case moves.StartLesson(decision=decision):
                self._ask(commands.StartLesson(seat=seat, decision=decision, take=f"take-{len(self.log)}"))
            case base.Command():
                self._ask(ASKED[type(act)](seat, act))

    def _say(self, command: commands.SeatCommand, key: str, text: str) -> None:
        if self._ask(command):
            self._words.setdefault(key, text)

    def _ask(self, command: commands.AnyCommand) -> bool:
        answer = decide(self.state, command, self.now_ms)
        if isinstance(answer, Refused):
            self.refused[answer.code] = self.refused.get(answer.code, 0) + 1
            return False
        self.log += answer
        self.state = reduce(evolve, answer, self.state)
        self._takes = {lesson.take: "ready" if lesson.ended_ms else "recording" for lesson in self.state.all_lessons if lesson.take}
        return True
