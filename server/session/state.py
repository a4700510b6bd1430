"""What a session is at one moment: the sum of its events. Plain values; nothing here decides or changes anything.

Seats are ids; names, texts and permissions of people are kept elsewhere and can be erased.
"""

from __future__ import annotations

from functools import cached_property

import msgspec

from server.session.plan import PhasePlan, Plan
from server.wire.pieces import CardKind, HoldReason, MicrophoneUse, OfferState, Part, RecordingChoice, Status, UndoKind


class Value(msgspec.Struct, frozen=True, kw_only=True):
    pass


class Position(Value, frozen=True, kw_only=True, order=False):
    """Where the session is. `index` counts the phases of a round; both numbers are 0 outside of rounds."""

    part: Part
    round: int = 0
    index: int = 0


class Seat(Value, frozen=True, kw_only=True):
    """`here`: a page is open and its line works; `changed_ms` is since when that is so. `came_ms`: when the seat was taken.

    `shares` is whose microphone this person uses when `microphone` is "shared"; `wishes` whose they have asked to use.
    `consults`: is here as the consultant.
    """

    seat: str
    teaches: bool
    leads: bool
    recording: RecordingChoice | None = None
    came_ms: int = 0
    here: bool = False
    changed_ms: int = 0
    simulated: bool = False
    microphone: MicrophoneUse = "own"
    camera: bool = True
    shares: str | None = None
    wishes: str | None = None
    devices_known: bool = False
    hand_ms: int | None = None
    consults: bool = False


class Turn(Value, frozen=True, kw_only=True):
    """One colleague's turn to speak. `waiting` are those who come after, in order. `share_s`: what this turn lasts.

    `paused_ms`: how long the clock stood still in it.
    """

    seat: str
    started_ms: int
    waiting: tuple[str, ...]
    share_s: int
    paused_ms: int = 0


class Speaking(Value, frozen=True, kw_only=True):
    """Who has the floor where it is asked for: in a queue, or with permission. `since_ms` None: the clock stands still."""

    seat: str
    since_ms: int | None


class Lane(Value, frozen=True, kw_only=True):
    """A part of the group while it is divided. `ends_ms` None: it follows the clock of the phase. `moves` counts like `decision`.

    `over`: it has finished and waits for the others.
    """

    key: str
    status: Status
    started_ms: int
    planned_s: int
    ends_ms: int | None
    runs_ms: int | None
    turn: Turn | None = None
    speaking: Speaking | None = None
    moves: int = 0
    over: bool = False


class Line(Value, frozen=True, kw_only=True):
    """A line of the list that a lane made in the phase `index` of a round. Its words stand in a row of their own."""

    line: str
    round: int
    index: int
    seat: str
    me_too: frozenset[str] = frozenset()


class Offer(Value, frozen=True, kw_only=True):
    """An opinion that somebody would give if the teacher wants it. Its words stand in a row of their own."""

    offer: str
    round: int
    index: int
    seat: str
    state: OfferState = "asked"


class Lesson(Value, frozen=True, kw_only=True):
    """A lesson that was started, in the phase `index` of its round. `take` None: it was not recorded."""

    round: int
    index: int
    teacher: str
    started_ms: int
    ended_ms: int | None = None
    take: str | None = None
    take_ended_ms: int | None = None


class Held(Value, frozen=True, kw_only=True):
    """The clock stands still with `left_ms` on it. `by` None: held by itself. `resumes_ms`: it runs again then."""

    since_ms: int
    left_ms: int
    reason: HoldReason
    by: str | None
    resumes_ms: int | None = None


class Deck(Value, frozen=True, kw_only=True):
    deck: str
    seat: str
    pages: int


class Slide(Value, frozen=True, kw_only=True):
    """The page of a deck that everybody sees."""

    deck: str
    page: int


class Still(Value, frozen=True, kw_only=True):
    """A slide that was shown in the lesson of this round, from `at_ms` on."""

    round: int
    deck: str
    page: int
    at_ms: int


class ChatLine(Value, frozen=True, kw_only=True):
    """`to` None: for everybody, or for `among` where the group was divided. Its words stand in a row of their own."""

    message: str
    seat: str
    to: str | None
    at_ms: int
    among: frozenset[str] | None = None


class Card(Value, frozen=True, kw_only=True):
    card: CardKind
    at_ms: int


class NextTime(Value, frozen=True, kw_only=True):
    starts_ms: int
    minutes: int
    teachers: tuple[str, ...]


class Spent(Value, frozen=True, kw_only=True):
    """A phase that is over. `planned_s` None: it had no clock."""

    position: Position
    started_ms: int
    ended_ms: int
    planned_s: int | None


class Place(Value, frozen=True, kw_only=True):
    """Everything that a taken-back move gives back."""

    position: Position
    status: Status
    started_ms: int | None
    ends_ms: int | None
    planned_s: int | None
    added_ms: int
    slot_s: int | None
    order: tuple[str, ...]
    turn: Turn | None
    held: Held | None
    spoken: frozenset[tuple[int, int, str]]
    passed: frozenset[tuple[int, int, str]]
    spent: tuple[Spent, ...]
    ready: frozenset[str]
    lanes: dict[str, Lane]
    speaking: Speaking | None
    talked_ms: dict[str, int]
    heard_ms: dict[tuple[int, str], int]
    offers: tuple[Offer, ...]
    note_taker: str | None
    hands_ms: dict[str, int]


class Undo(Value, frozen=True, kw_only=True):
    """What the one who leads did last. Offered until `until_ms` and only while `State.moves` is still the `decision` after it.

    `added` were given a round by it.
    """

    what: UndoKind
    until_ms: int
    decision: int
    place: Place
    added: frozenset[str] = frozenset()


class Moment(Value, frozen=True, kw_only=True):
    """In the lesson that is the phase `index` of its round."""

    moment: str
    seat: str
    round: int
    index: int
    mark: str
    at_ms: int


class State(Value, frozen=True, kw_only=True, dict=True):
    """`decision` grows with every move of the session, so that a command can say which one its sender saw.

    `spoken` holds (round, index of the phase, seat) of everybody whose turn has started, `passed` of those who have passed theirs on
    once. `talked_ms` is by seat how long they have had the floor in this phase, `heard_ms` by (round, seat) in those that are over.
    `lessons` go by (round, index of the phase). `lanes`: the group is divided.
    `advised`: who was the consultant in a divided phase, by (round, key of the phase).
    `in_lane` is set only in what `lanes.lane_state` gives: the state as one lane sees it, whose phase this is.
    `tries`: by round, whose suggestion its teacher tries. `note_taker` keeps the list of this round.
    `order` are the seats that teach, by round. At `starts_ms` (3-2-1) a lesson begins, with the take `counted_in` if it is recorded.
    `planned_s` is how long the phase that runs was meant to be when it began. `planned_ends_ms` is when the session was meant to
    end when it was started. `begun` holds (round, form, seat) of every entry with words in it, `begun_late` those of them that
    were begun when the others' words had been handed in already. `kept` holds (round, author).
    `watched_ms` is since when it is known who is here; None in logs of releases that did not say: there everybody counts as here.
    `runs_ms` is since when the clock has run without a stop. `added_ms` is what was added to the phase that runs. `slot_s` is what
    a round could last when this one began, so that all that were left would be alike.
    `earlier` are lessons that were interrupted and taught again. `talks` are those that were recorded without
    being a lesson. `asked` are takes that their teacher stopped in mid-lesson; `deleted` those that are gone for good.
    """

    session: str
    plan: Plan
    created_ms: int
    seats: dict[str, Seat] = {}
    order: tuple[str, ...] = ()
    position: Position = Position(part="before")
    status: Status = "waiting"
    decision: int = 0
    started_ms: int | None = None
    ends_ms: int | None = None
    turn: Turn | None = None
    lessons: dict[tuple[int, int], Lesson] = {}
    moments: dict[str, Moment] = {}
    ready: frozenset[str] = frozenset()
    spoken: frozenset[tuple[int, int, str]] = frozenset()
    passed: frozenset[tuple[int, int, str]] = frozenset()
    talked_ms: dict[str, int] = {}
    heard_ms: dict[tuple[int, str], int] = {}
    speaking: Speaking | None = None
    lanes: dict[str, Lane] = {}
    advised: dict[tuple[int, str], frozenset[str]] = {}
    in_lane: PhasePlan | None = None
    offers: tuple[Offer, ...] = ()
    lines: tuple[Line, ...] = ()
    note_taker: str | None = None
    tries: dict[int, tuple[str, ...]] = {}
    planned_s: int | None = None
    starts_ms: int | None = None
    counted_in: str | None = None
    held: Held | None = None
    undo: Undo | None = None
    spent: tuple[Spent, ...] = ()
    planned_ends_ms: int | None = None
    watched_ms: int | None = None
    runs_ms: int | None = None
    added_ms: int = 0
    slot_s: int | None = None
    earlier: tuple[Lesson, ...] = ()
    talks: tuple[Lesson, ...] = ()
    begun: frozenset[tuple[int, str, str]] = frozenset()
    begun_late: frozenset[tuple[int, str, str]] = frozenset()
    kept: frozenset[tuple[int, str]] = frozenset()
    chat: tuple[ChatLine, ...] = ()
    card: Card | None = None
    decks: tuple[Deck, ...] = ()
    slide: Slide | None = None
    stills: tuple[Still, ...] = ()
    screen: str | None = None
    next_time: NextTime | None = None
    asked: frozenset[str] = frozenset()
    deleted: frozenset[str] = frozenset()

    @property
    def moves(self) -> int:
        """Grows with every move of the session, and with every move in one of its lanes."""
        return self.decision + sum(lane.moves for lane in self.lanes.values())

    @property
    def hands_ms(self) -> dict[str, int]:
        """Since when the hands that are up are."""
        return {seat.seat: seat.hand_ms for seat in self.seats.values() if seat.hand_ms is not None}

    @cached_property
    def seen_in(self) -> dict[str, State]:
        """What `lanes.lane_state` has worked out of this state; nothing else may change it."""
        return {}

    @cached_property
    def phase(self) -> PhasePlan | None:
        return self.in_lane or phase_at(self.plan, self.position)

    @cached_property
    def teacher(self) -> str | None:
        """Who teaches in this round."""
        if self.position.part != "round":
            return None
        return self.order[self.position.round]

    @cached_property
    def lesson(self) -> Lesson | None:
        """The lesson of this round, once it has started: where there are two, the one that this phase belongs to."""
        if self.position.part != "round":
            return None
        begun = (lesson for lesson in self.lessons.values() if lesson.round == self.position.round and lesson.index <= self.position.index)
        return max(begun, key=lambda lesson: lesson.index, default=None)

    @property
    def talk(self) -> Lesson | None:
        """The talk whose recording runs now."""
        last = self.talks[-1] if self.talks else None
        return last if last and last.take_ended_ms is None else None

    @property
    def recorded(self) -> Lesson | None:
        """The lesson or the talk whose recording runs now."""
        lesson = self.talk or self.lesson
        return lesson if lesson and lesson.take and lesson.take_ended_ms is None else None

    @property
    def all_lessons(self) -> tuple[Lesson, ...]:
        """Those that were taught again too, and the talks that were recorded like lessons."""
        return (*self.earlier, *self.lessons.values(), *self.talks)

    @property
    def colleagues(self) -> tuple[str, ...]:
        """Everybody in this round who does not teach in it, in the order of coming."""
        return tuple(seat for seat in self.seats if seat != self.teacher)


def phase_at(plan: Plan, position: Position) -> PhasePlan | None:
    """None once the session has ended."""
    if position.part == "before":
        return plan.before
    if position.part == "round":
        return plan.round[position.index]
    return plan.closing if position.part == "closing" else None
