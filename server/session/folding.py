"""What a table of `evolve` is made of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from server.session.state import State

Folder = Callable[[State, Any], State]
"""(state, event) -> the state after it"""
