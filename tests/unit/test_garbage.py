"""Circles that people leave behind are found while the server goes on, not after hours."""

from __future__ import annotations

import subprocess
import sys

# Many objects that live long, as modules and pages do; then circles that each become old before they are let go of, as connections do.
SCRIPT = """
import gc, sys, weakref
from server.app import find_circles_soon

class Circle:
    def __init__(self):
        self.itself = self
        self.load = [[] for _ in range(20)]

living = [[] for _ in range(400_000)]
if sys.argv[1] == "soon":
    find_circles_soon()
else:
    gc.collect()
open_ones, gone = [], []
left = most = 0
def went(_):
    global left
    left -= 1
for _ in range(6_000):
    circle = Circle()
    gone.append(weakref.ref(circle, went))
    left += 1
    open_ones.append(circle)
    if len(open_ones) > 500:
        open_ones.pop(0)
    most = max(most, left - len(open_ones))
    circle = None
print(most)
"""


def left_behind(how: str) -> int:
    done = subprocess.run([sys.executable, "-c", SCRIPT, how], capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_few_circles_are_left_behind_at_any_time() -> None:
    soon, late = left_behind("soon"), left_behind("late")
    print(f"at most {soon} closed circles were there at once; {late} without looking sooner")
    assert soon < 1_500 < late
