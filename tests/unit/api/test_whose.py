"""Every route says where it is answered, and a request about a session is known by its path."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.api.whose import HERE, HERE_BELOW, owner_group
from tests.integration.server.route_matrix import routes_of_the_product


async def test_every_route_is_answered_here_or_by_its_owner(tmp_path: Path) -> None:
    paths = {route.path for route in await routes_of_the_product(tmp_path)}
    nowhere = [path for path in paths if owner_group(path) is None and path not in HERE and not path.startswith(HERE_BELOW)]
    assert nowhere == []
    assert HERE - paths - {"/static/{name}"} == set(), "what stands there is a route"


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/", None),
        ("/me/data.zip", None),
        ("/me", None),
        ("/sign-in/oidc/back", None),
        ("/sessions", None),
        ("/sessions/{session}", "/sessions/{session}"),
        ("/sessions/{session}/slides/{deck}/{page}", "/sessions/{session}"),
        ("/recordings/{take}/{version}/film.webm", "/recordings/{take}"),
        ("/{door}/{token}/claims/{claim}", "/{door}/{token}"),
        ("/w/{token}", "/w/{token}"),
        ("/c/{token}/decline", "/c/{token}"),
    ],
)
def test_groups(path: str, group: str | None) -> None:
    assert owner_group(path) == group
