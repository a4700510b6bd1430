"""Three days after something was chosen to be tried, one question by mail: did you? The start page asks in any case."""

from __future__ import annotations

from server.notify.notices import Notice, Notices
from server.review.own.trying import take_over, to_be_asked
from server.store.engine import Store


async def ask_who_tried(store: Store, notices: Notices, now_ms: int) -> None:
    """May be done as often as one likes: each question is written once."""
    await take_over(store, now_ms)
    for each in await to_be_asked(store, now_ms):
        await notices.tell(Notice(key=f"did_you_try:{each.trying}:{each.ask_ms}", kind="did_you_try", person=each.person, path="/"))
