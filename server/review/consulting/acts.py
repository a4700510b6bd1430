"""Asking a consultant, from the first word to the last: each act is written, then told to pages, people and other programs.

Who may act is asked before. Nothing that a consultant writes is told to anybody before it is sent.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import hmac
from collections.abc import Callable

import msgspec

from server.clock import Clock
from server.errors import UserError
from server.notify.notices import Notice, NoticeKind, Notices
from server.people.accounts import together
from server.people.grants import Grant, claim, fresh_grant, grants_of
from server.people.permissions import check_room, clean_name
from server.people.seats import fresh_id, person_name
from server.people.watching import about as about_take
from server.review.consulting import asking
from server.review.consulting.asking import About, Review, Summary
from server.review.consulting.reviews import Asked, Known, add, asked_since, changing, instead_of_earlier, review_with, reviews_of, running
from server.review.news import News, about_person, about_recording
from server.review.notes.rows import share_all
from server.rooms.registry import Rooms
from server.store.engine import Store, Work

MOST_A_DAY = 30  # each may be a mail to somebody who has not asked for one
AGAIN_MS = 3_600_000  # a second mail within this time helps nobody


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """How people are told: scheme and host of links, and the language of the one who acts."""

    origin: str = ""
    language: str = "en"


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a teacher asks for. `person`: a consultant whom she asked before. `instead`: of this review, which ends."""

    due_ms: int
    name: str = ""
    person: str = ""
    address: str = ""
    questions: tuple[str, ...] = ()
    include_notes: bool = False
    include_own: bool = False
    include_talk: bool = False
    instead: str = ""


class Consulting:
    """`day`: how a day is written in a language."""

    def __init__(
        self, store: Store, rooms: Rooms, clock: Clock, news: News, notices: Notices, *, secret: bytes, day: Callable[[str, int], str]
    ) -> None:
        self._store = store
        self._rooms = rooms
        self._clock = clock
        self._news = news
        self._notices = notices
        self._secret = secret
        self._day = day

    @property
    def can_mail(self) -> bool:
        return self._notices.can_mail

    def path(self, grant: str) -> str:
        """The consultant's link, which can be shown again: it is made from the permission and the installation's secret."""
        digest = hmac.new(self._secret, f"consult:{grant}".encode(), hashlib.sha256).digest()
        return f"/c/{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"

    async def ask(self, take: str, teacher: str, wanted: Wanted, about: About, known: list[Known], told: Told) -> Review:
        """Raises UserError."""
        now_ms = self._clock.now_ms()
        person = next((each for each in known if each.person == wanted.person), None)
        name = person.name if person else clean_name(wanted.name)
        questions = tuple(question for each in wanted.questions if (question := each.strip()))
        asking.check_asked(questions, wanted.due_ms, now_ms)
        check_room(await grants_of(self._store, take), now_ms)
        if await asked_since(self._store, teacher, now_ms - asking.DAY_MS) >= MOST_A_DAY:
            raise UserError("too_many_asked", "You have asked many people today. Please wait until tomorrow.", 429)
        expires_ms = wanted.due_ms + asking.LASTS_MS
        grant = fresh_grant(take, name, "consult", now_ms, person=person.person if person else None, expires_ms=expires_ms)
        review = Review(
            review=fresh_id(),
            take=take,
            grant=grant.grant,
            teacher=teacher,
            questions=questions,
            about=about,
            include_notes=wanted.include_notes,
            include_own=wanted.include_own,
            include_talk=wanted.include_talk,
            address=wanted.address,
            due_ms=wanted.due_ms,
            asked_ms=now_ms,
            changed_ms=now_ms,
        )
        before = await self._instead_of(wanted.instead, take)
        works = [changing(before.review.review, lambda each: asking.ended(each, now_ms))] if before else []
        works.append(add(review, grant, self.path(grant.grant).rpartition("/")[2]))
        if person is not None:
            works.append(instead_of_earlier(take, person.person, grant.grant, now_ms))
        await self._store.write(together(*works))
        if before is not None:
            await self._tell_consultant(before, "review_ended", f"review_ended:{before.review.review}", told)
        await self._tell_consultant(
            Asked(review=review, name=name, person=grant.person), "review_asked", f"review_asked:{review.review}", told
        )
        await self._notices.report("review.requested", _ids(review), key=f"requested:{review.review}")
        await self._notices.report("consent.granted", {"permission": grant.grant, "recording": take}, key=f"granted:{grant.grant}")
        return review

    async def open(self, review: Review, grant: Grant, person: str, told: Told, *, beforehand: Work | None = None) -> bool:
        """Whether the link is this person's from now on. `beforehand` makes somebody who was not known here."""
        now_ms = self._clock.now_ms()
        works = [beforehand] if beforehand else []
        works.append(instead_of_earlier(grant.take, person, grant.grant, now_ms))
        works.append(changing(review.review, lambda each: asking.opened(each, now_ms)))
        if not await claim(self._store, grant, person, now_ms, beforehand=together(*works)):
            return False
        await self._was_opened(review.review, told)
        return True

    async def look_in(self, review: str, told: Told) -> Review | None:
        """The page of the recording is open: of somebody who came without the link, that is opening it."""
        found = await review_with(self._store, review)
        if found is None or found.opened_ms is not None:
            return found
        now_ms = self._clock.now_ms()
        if "open" not in asking.acts(found, now_ms):
            return found
        await self._store.write(changing(review, lambda each: asking.opened(each, now_ms)))
        await self._was_opened(review, told)
        return await review_with(self._store, review)

    async def accept(self, review: str, told: Told) -> None:
        now_ms = self._clock.now_ms()
        await self._change(review, lambda each: asking.accepted(each, now_ms))
        await self._tell_teacher(review, "review_accepted", f"review_accepted:{review}", told)

    async def offer(self, review: str, date_ms: int, message: str, told: Told) -> None:
        now_ms = self._clock.now_ms()
        await self._change(review, lambda each: asking.offered(each, date_ms, message, now_ms))
        await self._tell_teacher(review, "review_offered", f"review_offered:{review}:{date_ms}", told)

    async def decline(self, review: str, message: str, told: Told) -> None:
        now_ms = self._clock.now_ms()
        await self._change(review, lambda each: asking.declined(each, message, now_ms), permission=True)
        await self._tell_teacher(review, "review_declined", f"review_declined:{review}", told)

    async def agree(self, review: str, told: Told) -> None:
        now_ms = self._clock.now_ms()
        await self._change(review, lambda each: asking.agreed(each, now_ms))
        asked = await self._asked(review)
        await self._tell_consultant(asked, "review_asked", f"review_agreed:{review}:{asked.review.due_ms}", told)

    async def remind(self, review: str, told: Told) -> None:
        now_ms = self._clock.now_ms()
        await self._store.write(changing(review, lambda each: asking.reminded(each, now_ms)))
        await self._tell_consultant(await self._asked(review), "review_due", f"review_due:{review}:{now_ms // AGAIN_MS}", told)

    async def remind_all(self, now_ms: int) -> None:
        """Whom it is time to remind. May be done as often as one likes: each is reminded once."""
        for asked in await running(self._store):
            review = asked.review
            due = asking.reminder_due(review, now_ms)
            if due is not None:
                await self._tell_consultant(asked, "review_due", f"review_due:{review.review}:{due}:{review.due_ms}", Told())
                with contextlib.suppress(UserError):  # it was over a moment ago
                    await self._store.write(changing(review.review, lambda each: asking.reminded(each, now_ms)))
                self._tell(review, "reviews")

    async def end(self, review: str, told: Told) -> None:
        now_ms = self._clock.now_ms()
        asked = await self._asked(review)
        if asked.review.sent_ms is None:
            await self._store.write(changing(review, lambda each: asking.ended(each, now_ms)))
            await self._was_ended(asked)
            await self._tell_consultant(asked, "review_ended", f"review_ended:{review}", told)

    async def write(self, review: str, person: str, summary: Summary) -> None:
        """Seen by nobody; only other pages of its author hear that there is something new. Raises SummaryChanged."""
        now_ms = self._clock.now_ms()
        await self._store.write(changing(review, lambda each: asking.written(each, summary, now_ms)))
        self._news.tell(about_person(person), "summary")

    async def send(self, review: str, person: str, told: Told) -> None:
        """The summary and all that this person has noted there, at once."""
        now_ms = self._clock.now_ms()
        shares = share_all(person, (await self._asked(review)).review.take, now_ms)
        await self._store.write(changing(review, lambda each: asking.sent(each, now_ms), lambda _: shares))
        found = await self._tell_teacher(review, "review_sent", f"review_sent:{review}", told)
        for name in ("reviews", "notes"):
            self._tell(found, name)
        await self._notices.report("review.completed", _ids(found), key=f"completed:{review}")

    async def _change(self, review: str, change: Callable[[Review], Review], *, permission: bool = False) -> None:
        await self._store.write(changing(review, change))
        asked = await self._asked(review)
        self._tell(asked.review, "reviews")
        if permission:
            await self._was_ended(asked)

    async def _was_opened(self, review: str, told: Told) -> None:
        found = await self._tell_teacher(review, "review_opened", f"review_opened:{review}", told)
        for name in ("permissions", "reviews"):
            self._tell(found, name)
        await self._notices.report("review.opened", _ids(found), key=f"review_opened:{review}")

    async def _was_ended(self, asked: Asked) -> None:
        review = asked.review
        for name in ("permissions", "reviews"):
            self._tell(review, name)
        if asked.person:
            self._news.tell(about_person(asked.person), "home")
        await self._notices.report("consent.revoked", {"permission": review.grant, "recording": review.take}, key=f"revoked:{review.grant}")

    async def _instead_of(self, review: str, take: str) -> Asked | None:
        found = next((each for each in await reviews_of(self._store, take) if each.review.review == review), None)
        return found if found is not None and found.review.sent_ms is None else None

    async def _asked(self, review: str) -> Asked:
        found = await review_with(self._store, review)
        if found is None:
            raise KeyError(review)
        return next(each for each in await reviews_of(self._store, found.take) if each.review.review == review)

    def _tell(self, review: Review, name: str) -> None:
        self._news.tell(about_recording(review.take), name)

    async def _tell_teacher(self, review: str, kind: NoticeKind, key: str, told: Told) -> Review:
        asked = await self._asked(review)
        found = asked.review
        fields = await self._fields(found, asked.name, told)
        path = f"/recordings/{found.take}"
        notice = Notice(key=key, kind=kind, person=found.teacher, path=path, origin=told.origin, fields=fields, language=told.language)
        await self._notices.tell(notice)
        self._news.tell(about_person(found.teacher), "home")
        return found

    async def _tell_consultant(self, asked: Asked, kind: NoticeKind, key: str, told: Told) -> None:
        review = asked.review
        if asked.person:
            self._news.tell(about_person(asked.person), "home")
        fields = await self._fields(review, await person_name(self._store, review.teacher), told)
        notice = Notice(
            key=key,
            kind=kind,
            person="" if review.address else asked.person or "",
            address=review.address,
            path=self.path(review.grant),
            origin=told.origin,
            fields=fields,
            language=told.language,
        )
        await self._notices.tell(notice)

    async def _fields(self, review: Review, who: str, told: Told) -> dict[str, str]:
        found = await about_take(self._store, review.take)
        room = await self._rooms.find(found.session) if found else None
        fields = {"who": who, "title": room.memory.title if room else "", "due": self._day(told.language, review.due_ms)}
        return fields | ({"when": self._day(told.language, review.offered_ms)} if review.offered_ms else {})


def _ids(review: Review) -> dict[str, str]:
    return {"review": review.review, "recording": review.take}
