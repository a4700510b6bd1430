"""A clock that stands still until it is moved."""


class StillClock:
    def __init__(self, ms: int = 1_774_000_000_000) -> None:
        self.ms = ms

    def now_ms(self) -> int:
        return self.ms
