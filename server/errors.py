"""Errors that are told to the person who caused them. Everything else that is raised is a fault of ours."""

from __future__ import annotations


class UserError(Exception):
    """`code` is stable and for programs; `message` says in words what happened and what to do."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(code)
        self.code = code
        self.message = message
        self.status = status
