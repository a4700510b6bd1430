"""What one person may read about a recording, put together for files and paper. Who asks was let in before."""

from __future__ import annotations

from server.people.watching import Use, Watcher
from server.review.export.formats import Exported
from server.review.moments import entries_for, moments_of
from server.review.notes.rows import notes_at, place_of_recording, review_is_sent
from server.review.notes.rules import Reader, Role, visible
from server.review.phases import phases_in
from server.review.recorder_client import RecorderClient
from server.rooms.room import Room
from server.session.beside import Translate
from server.store.engine import Store

ROLES: dict[Use, Role] = {"own": "teacher", "watch": "colleague", "consult": "consultant"}


async def gather(
    store: Store, recorder: RecorderClient, room: Room, watcher: Watcher, translate: Translate, *, page: str, now_ms: int
) -> Exported | None:
    """`page` is the address of the recording's page. None: the recording is not ready."""
    recording = watcher.recording
    take = recorder.takes.get(recording.take)
    if take is None or take.state != "ready":
        return None
    place = await place_of_recording(store, recording, watcher.owner, watcher.person.person, now_ms)
    entries = await entries_for(store, room, watcher, translate)
    moments = (moment for entry in entries for moment in moments_of(room, entry, recording, take))
    return Exported(
        page=page,
        title=room.memory.title,
        duration_ms=take.duration_ms,
        phases=phases_in(room, recording, take, translate),
        moments=sorted(moments, key=lambda moment: moment.at_ms),
        notes=visible(await reader_of(store, watcher), await notes_at(store, place), place.roles),
        names=place.names,
    )


async def reader_of(store: Store, watcher: Watcher) -> Reader:
    """What a consultant writes waits until the review is sent."""
    waits = watcher.use == "consult" and not await review_is_sent(store, watcher.review)
    return Reader(person=watcher.person.person, role=ROLES[watcher.use], parts=watcher.includes, holds_back=waits)
