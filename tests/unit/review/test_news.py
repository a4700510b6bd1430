"""News: of each name the newest, nothing for those who left, and nobody waits for a slow page."""

from __future__ import annotations

import asyncio

from server.review.news import News


async def test_of_news_of_one_name_the_newest_is_told_in_the_order_of_their_last_time() -> None:
    news = News()
    with news.subscribe("recording/t", "person/p") as subscription:
        news.tell("recording/t", "notes", 1)
        news.tell("person/p", "home")
        news.tell("recording/t", "notes", 2)
        news.tell("recording/other", "notes", 3)
        assert [await subscription.next(), await subscription.next()] == [("home", None), ("notes", 2)]


async def test_who_waits_is_woken() -> None:
    news = News()
    with news.subscribe("recording/t") as subscription:
        waiting = asyncio.create_task(subscription.next())
        await asyncio.sleep(0)
        news.tell("recording/t", "recording")
        assert await waiting == ("recording", None)


async def test_nothing_is_kept_for_those_who_left() -> None:
    news = News()
    with news.subscribe("recording/t") as subscription:
        pass
    news.tell("recording/t", "notes")
    assert not subscription._waiting
    assert not news._subscribed
