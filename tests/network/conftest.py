"""All but the bad network's own tests are marked `full`. Windows are short; `MT_NETWORK_SECONDS` makes them longer."""

from pathlib import Path

import pytest

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE) and item.path.stem != "test_proxy":
            item.add_marker(pytest.mark.full)
