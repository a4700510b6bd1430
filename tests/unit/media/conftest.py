"""The compiled loops, for what compares them with Python."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from server.media import native
from server.media.batch import ffi


@pytest.fixture(scope="session")
def library(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Compiled from the source as it is."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("no C compiler: apt install gcc")
    sources = sorted(map(str, Path(native.__file__).parent.glob("*.c")))
    made = tmp_path_factory.mktemp("native") / "forward.so"
    flags = ["-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC"]
    subprocess.run([compiler, *flags, "-o", str(made), *sources], check=True)
    return ffi.dlopen(str(made))
