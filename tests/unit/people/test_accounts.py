"""Links, devices and addresses of people, on a real store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
import sqlalchemy as sa

from server.people.accounts import (
    IdentityTaken,
    account_of,
    devices_of,
    new_identity,
    new_own_device,
    person_with_identity,
    remove_address,
    sign_out,
    sign_out_others,
    together,
)
from server.people.links import LASTS_MS, Link, LinkOver, find_link, hash_of, id_of, link_state, new_link, owner_of, use_link
from server.people.seats import Person, new_device, new_person, recognise
from server.rooms import rows
from server.store.engine import Store, statement
from server.store.schema import metadata

MARIA, BEN = Person(person="maria", name="Maria"), Person(person="ben", name="Ben")
NOW_MS = 1_000_000
ADDRESS = "maria@school.example"


pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def opened(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    async with Store(tmp_path_factory.mktemp("store") / "test.db") as store:
        yield store


@pytest_asyncio.fixture(loop_scope="module")
async def store(opened: Store) -> Store:
    """Maria and Ben with a device each, and nothing else; opening a new one takes longer than all the tests."""
    await opened.write(together(*(statement(sa.delete(table)) for table in reversed(metadata.sorted_tables))))
    for person in (MARIA, BEN):
        await opened.write(new_person(person, f"token of {person.person}", 1))
    return opened


async def link(store: Store, token: str) -> Link:
    found = await find_link(store, token)
    assert found
    return found


async def bind(store: Store, person: Person, address: str = ADDRESS) -> None:
    await store.write(new_link("mail", "bind", person.person, address, NOW_MS))
    await store.write(use_link("bind", await link(store, "bind"), NOW_MS))


async def test_a_link_works_once_also_when_two_press_at_the_same_time(store: Store) -> None:
    await store.write(new_link("device", "t", "maria", "", NOW_MS))
    found = await link(store, "t")
    pressed = [store.write(together(use_link("t", found, NOW_MS), new_own_device("maria", f"device {each}", NOW_MS))) for each in range(5)]
    outcomes = await asyncio.gather(*pressed, return_exceptions=True)
    assert sorted(type(each).__name__ for each in outcomes) == ["LinkOver"] * 4 + ["NoneType"]
    assert len(await devices_of(store, "maria", "")) == 2, "and made one device beside the first"


@pytest.mark.parametrize("kind", ["mail", "device"])
async def test_a_link_works_until_its_time_is_up(store: Store, kind: str) -> None:
    await store.write(new_link(kind, "t", "maria", ADDRESS, NOW_MS))  # type: ignore[arg-type]
    found = await link(store, "t")
    last_ms = NOW_MS + LASTS_MS[found.kind] - 1
    assert found.works(last_ms)
    assert not found.works(last_ms + 1)
    with pytest.raises(LinkOver):
        await store.write(use_link("t", found, last_ms + 1))
    await store.write(use_link("t", found, last_ms))
    assert not (await link(store, "t")).works(NOW_MS)


async def test_links_that_were_never_made_lead_to_nobody(store: Store) -> None:
    await store.write(new_link("mail", "t", None, "who@school.example", NOW_MS))
    for token in ("t", "", "x", "x" * 5000, hash_of("t").hex()):
        assert await find_link(store, token) is None


async def test_old_links_are_not_kept(store: Store) -> None:
    await store.write(new_link("device", "old", "maria", "", NOW_MS))
    await store.write(new_link("mail", "new", "ben", ADDRESS, NOW_MS + 2 * 24 * 3_600_000))
    assert await find_link(store, "old") is None


async def test_who_proves_an_address_first_has_it(store: Store) -> None:
    for person in (MARIA, BEN):
        await store.write(new_link("mail", f"to {person.person}", person.person, ADDRESS, NOW_MS))
    of_ben = await link(store, "to ben")
    assert (of_ben.person, of_ben.binds) == (BEN, ADDRESS)
    await store.write(use_link("to maria", await link(store, "to maria"), NOW_MS))
    with pytest.raises(LinkOver):
        await store.write(use_link("to ben", of_ben, NOW_MS))
    assert await owner_of(store, ADDRESS) == MARIA
    later = await link(store, "to ben")
    assert (later.person, later.binds) == (MARIA, "")
    assert later.works(NOW_MS), "what could not be done did not use it up"


async def test_links_on_their_way_to_a_removed_address_are_over(store: Store) -> None:
    await bind(store, MARIA)
    await store.write(new_link("mail", "on its way", "maria", ADDRESS, NOW_MS))
    await store.write(remove_address("ben", ADDRESS))
    assert await owner_of(store, ADDRESS) == MARIA, "only who has it removes it"
    await store.write(remove_address("maria", ADDRESS))
    assert await owner_of(store, ADDRESS) is None
    assert await find_link(store, "on its way") is None


async def test_a_person_sees_what_became_of_their_own_link_only(store: Store) -> None:
    await store.write(new_link("device", "t", "maria", "", NOW_MS))
    mine = id_of(hash_of("t"))
    assert await link_state(store, "maria", mine, NOW_MS) == "waiting"
    assert await link_state(store, "ben", mine, NOW_MS) == "over"
    assert await link_state(store, "maria", mine, NOW_MS + LASTS_MS["device"]) == "over"
    await store.write(use_link("t", await link(store, "t"), NOW_MS))
    assert await link_state(store, "maria", mine, NOW_MS) == "used"


async def test_devices_are_shown_this_one_first_and_signed_out_one_by_one(store: Store) -> None:
    await store.write(rows.new_session("s", "Fractions", 1))
    await store.write(new_own_device("maria", "phone", 2))
    await store.write(new_device("s", "maria", "borrowed", 3))
    shown = await devices_of(store, "maria", "phone")
    assert [(each.this, each.created_ms, each.session) for each in shown] == [(True, 2, ""), (False, 3, "Fractions"), (False, 1, "")]
    await store.write(sign_out_others("ben", "token of ben", shown[1].id))
    assert await recognise(store, "borrowed"), "nobody signs out somebody else's"
    await store.write(sign_out_others("maria", "phone", shown[1].id))
    assert await recognise(store, "borrowed") is None
    assert await recognise(store, "token of maria")
    await store.write(new_link("device", "t", "maria", "", NOW_MS))
    await store.write(sign_out_others("maria", "phone"))
    assert await recognise(store, "token of maria") is None
    assert await recognise(store, "phone")
    assert await find_link(store, "t") is None, "nor does a link bring one back"
    await store.write(sign_out(["phone"]))
    assert await recognise(store, "phone") is None


async def test_it_is_known_when_a_device_is_the_only_way_back(store: Store) -> None:
    assert (await account_of(store, MARIA)).lost_without_this_device
    await store.write(rows.new_session("s", "Fractions", 1))
    await store.write(new_device("s", "maria", "borrowed", 3))
    assert (await account_of(store, MARIA)).lost_without_this_device, "one for a session only is no way back"
    for way in (new_own_device("maria", "phone", 2), new_identity("https://id.example", "7", "maria", 2)):
        await store.write(way)
        assert not (await account_of(store, MARIA)).lost_without_this_device
        await store.write(sign_out(["phone"]))
    await bind(store, BEN)
    account = await account_of(store, BEN)
    assert (account.addresses, account.lost_without_this_device) == ((ADDRESS,), False)


async def test_an_identity_is_one_persons_at_one_issuer(store: Store) -> None:
    await store.write(new_identity("https://id.example", "7", "maria", 2))
    assert await person_with_identity(store, "https://id.example", "7") == MARIA
    assert await person_with_identity(store, "https://other.example", "7") is None
    with pytest.raises(IdentityTaken):
        await store.write(new_identity("https://id.example", "7", "ben", 3))
