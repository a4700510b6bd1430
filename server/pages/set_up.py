"""Setting up a session: two questions, the formats that answer them, then a name and a time."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import datetime

import msgspec
from aiohttp import web
from msgspec.structs import replace

from server.errors import UserError
from server.pages.links import Links
from server.pages.pictures import card_of
from server.pages.rendering import Templates
from server.rooms.registry import Rooms
from server.session.beside import Translate
from server.session.pacing import fit, session_s
from server.session.plan import PhasePlan, Plan

MOST_TITLE = 80
MOST_TEACHERS = 6
TIMES_MIN = (25, 45, 60, 90, 120)
MOST_MIN = 480
ON_TOP = 3
LATEST_MS = 2**45
WELCOME_MIN = 3  # until everybody is here and the first lesson begins
# By worth to most groups; an operator's own formats stand between these and LAST.
FIRST = (
    "twenty-minute-round",
    "mini-lesson",
    "teach-again",
    "watch-while-they-talk",
    "two-plus-two",
    "practise-alone",
    "consultation",
)
LAST = ("consultant-and-colleagues", "long-round", "agenda-led", "maker-led", "tuning", "try-out")


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """`minutes` None: as long as the format takes."""

    teachers: int
    minutes: int | None


class SetUpPages:
    def __init__(self, templates: Templates, rooms: Rooms, links: Links, plans: Mapping[str, Plan]) -> None:
        self._templates = templates
        self._rooms = rooms
        self._links = links
        self._plans = plans

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/set-up", self.ask), web.post("/sessions", self.make)]

    async def ask(self, request: web.Request) -> web.Response:
        wish = read_wish(request.query)
        wanted = self._wanted(request.query.get("plan", ""))
        translate = self._templates.translator(request)
        if wish is None:
            title = translate(wanted.title) if wanted else ""
            return self._templates.page(
                request, "set_up.html", most_teachers=_most_teachers(wanted), times=TIMES_MIN, plan=wanted.id if wanted else "", title=title
            )
        plans = [plan for plan in self._plans.values() if not plan.alone and wish.teachers <= plan.places]
        cards = [_card(plan, wish, translate) for plan in plans]
        cards.sort(key=lambda card: (not wanted or card["id"] != wanted.id, card["id"] in LAST, not card["fits"], worth(str(card["id"]))))
        chosen = next((card["id"] for card in cards[:ON_TOP] if card["fits"]), None)
        return self._templates.page(
            request,
            "formats.html",
            wish=wish,
            cards=cards[:ON_TOP],
            more=cards[ON_TOP:],
            more_open="more" in request.query,
            chosen=chosen,
            wanted=wanted.id if wanted else "",
        )

    def _wanted(self, plan_id: str) -> Plan | None:
        """The format that somebody came with, if it is one for a group."""
        plan = self._plans.get(plan_id)
        return plan if plan and not plan.alone else None

    async def make(self, request: web.Request) -> web.Response:
        form = {key: str(value) for key, value in (await request.post()).items()}
        plan = self._plans.get(form.get("plan", ""))
        if plan is None:
            raise UserError("unknown_plan", "Please choose one of the formats.")
        wish = read_wish(form)
        if wish:
            plan = replace(fitted(plan, wish), teachers=wish.teachers)
        title = " ".join(form.get("title", "").split())[:MOST_TITLE]
        translate = self._templates.translator(request)
        room = await self._rooms.make(plan, title or translate(plan.title), read_start(form))
        raise web.HTTPSeeOther(self._links.path(room.id, "lead"))


def read_wish(values: Mapping[str, str]) -> Wish | None:
    """None where a question is not answered yet."""
    teachers, minutes = _number(values.get("teachers", "")), _number(values.get("minutes", ""))
    if teachers is None or minutes is None or not 1 <= teachers <= MOST_TEACHERS or minutes > MOST_MIN:
        return None
    return Wish(teachers=teachers, minutes=minutes or None)


def read_start(form: Mapping[str, str]) -> int | None:
    """UTC milliseconds: as the browser reckoned them, else the clock time that was filled in, by this machine's own time zone.

    None for years that neither calendars nor pages can write.
    """
    starts_ms = _number(form.get("starts_ms", ""))
    if starts_ms is None:
        try:
            starts_ms = round(datetime.fromisoformat(form.get("starts", "")).timestamp() * 1000)
        except (ValueError, OverflowError, OSError):
            return None
    return starts_ms if 0 <= starts_ms < LATEST_MS else None


def fitted(plan: Plan, wish: Wish) -> Plan:
    """Shortened where the time is short, to lengths that people can remember; never stretched."""
    planned_min = session_s(plan, wish.teachers) / 60
    if not wish.minutes or planned_min + WELCOME_MIN <= wish.minutes:
        return plan
    shorter = fit(plan, wish.teachers, wish.minutes - WELCOME_MIN)
    return replace(shorter, round=tuple(_rounded(phase) for phase in shorter.round))


def _rounded(phase: PhasePlan) -> PhasePlan:
    """Down to half minutes."""
    if phase.minutes is None:
        return phase
    half_minutes = math.floor(phase.minutes.default * 2) / 2
    return replace(phase, minutes=replace(phase.minutes, default=max(half_minutes, phase.minutes.least)))


def _card(plan: Plan, wish: Wish, translate: Translate) -> dict[str, object]:
    """`minutes`: the whole session, with a welcome."""
    own = fitted(plan, wish)
    minutes = math.ceil(session_s(own, wish.teachers) / 60 + WELCOME_MIN)
    return card_of(own, translate) | {"minutes": minutes, "fits": not wish.minutes or minutes <= wish.minutes}


def worth(plan_id: str) -> tuple[int, int]:
    """The smaller, the earlier in a list of formats."""
    if plan_id in FIRST:
        return 0, FIRST.index(plan_id)
    return (2, LAST.index(plan_id)) if plan_id in LAST else (1, 0)


def _most_teachers(plan: Plan | None) -> int:
    return min(MOST_TEACHERS, plan.places) if plan else MOST_TEACHERS


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 15 else None
