"""Still pictures: none of them black, and each slide once."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from recorder.control import ProductName
from recorder.manifest import load_manifests
from recorder.order import Progress
from recorder.pictures import THUMBNAIL, make_pictures
from recorder.stills import MOST_STILLS, Changes, Grey, worth
from tests.fakes.composed import order_for
from tests.unit.recorder.test_recording import Stage

Made = dict[ProductName, bytes]


def made(stage: Stage) -> Made:
    [manifest] = load_manifests(stage.folder / "data")[0]
    order = order_for(stage.folder, stage.takes[-1], "pictures")
    return make_pictures(order, stage.keys, manifest, Progress(io.StringIO()))


@pytest.fixture(scope="module")
def lesson(tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Twelve seconds, from 6 s to 9 s with a screen that changes each second."""
    stage = Stage(tmp_path_factory.mktemp("take"))
    stage.mark("take", 0)
    stage.show(10)
    stage.mark("take", 6, handles=(1, 2, 3))
    stage.show(3, start_s=6, handle=3, size=(640, 360))
    stage.mark(None, 12)
    return made(stage)


def test_the_poster_shows_something(lesson: Made) -> None:
    poster = picture(lesson["poster.jpg"])
    assert poster.shape == (360, 640)
    assert poster.mean() > 22
    assert poster.mean() < 200, "not a flash"
    assert poster[:150, :300].mean() > poster[200:, 350:].mean() + 15


def test_thumbnails_follow_the_film(lesson: Made) -> None:
    said = json.loads(lesson["sprite.json"])
    assert said == {"every": [0, 2000, 4000, 6000, 8000, 10000], "columns": 10, "width": THUMBNAIL[0], "height": THUMBNAIL[1]}
    sheet = picture(lesson["sprite.jpg"])
    assert sheet.shape == (THUMBNAIL[1], 6 * THUMBNAIL[0])
    tiles = [sheet[:, number * THUMBNAIL[0] : (number + 1) * THUMBNAIL[0]] for number in range(6)]
    assert float(tiles[3][:40, :70].mean()) > 200, "the screen begins with a flash"
    assert float(tiles[5].mean()) < 60


def test_slides_are_kept_once_each(lesson: Made) -> None:
    stills = json.loads(lesson["stills.json"])["stills"]
    assert 1 <= len(stills) <= 3
    assert all(6000 <= still["at_ms"] < 9000 for still in stills)
    for still in stills:
        shown = picture(base64.b64decode(still["jpeg_base64"]))
        assert shown.shape == (still["height"], still["width"]) == (270, 480)


def test_a_take_without_any_picture_has_a_calm_poster(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.mark("take", 0)
    stage.speak(1)
    stage.mark(None, 1)
    pictures = made(stage)
    assert picture(pictures["poster.jpg"]).std() < 2
    assert json.loads(pictures["stills.json"]) == {"stills": []}


def test_a_face_is_kept_now_and_then_where_there_are_no_slides(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.mark("take", 0)
    stage.show(4)
    stage.mark(None, 4)
    assert [still["at_ms"] for still in json.loads(made(stage)["stills.json"])["stills"]] == [1000, 3000]


def slide(number: int) -> Grey:
    grey = np.full((54, 96), 250, dtype=np.uint8)
    grey[3 * number : 3 * number + 3, 5:80] = 20
    return grey


def test_a_change_counts_when_the_picture_has_come_to_rest() -> None:
    changes = Changes()
    blending = ((slide(0).astype(int) + slide(1)) // 2).astype(np.uint8)
    for second, grey in enumerate([slide(0), slide(0), blending, slide(1), slide(1), slide(1)]):
        changes.see(second * 1000, grey, lambda: b"")
    assert [still.at_ms for still in changes.stills()] == [0, 2000]


def test_what_stays_in_motion_and_a_small_change_are_no_slides() -> None:
    changes = Changes()
    moving = np.random.default_rng(1)
    for second in range(100):
        changes.see(second * 1000, moving.integers(0, 255, (54, 96), dtype=np.uint8), lambda: b"")
    assert len(changes.stills()) == 1
    pointer = slide(0)
    pointer[50:52, 90:94] = 0
    still = Changes()
    for second, grey in enumerate([slide(0), pointer, slide(0)]):
        still.see(second * 1000, grey, lambda: b"")
    assert len(still.stills()) == 1


def test_there_are_never_too_many() -> None:
    changes = Changes()
    for second in range(600):
        changes.see(second * 1000, slide(second // 2 % 17), lambda: b"")
    assert len(changes.stills()) == MOST_STILLS
    assert [still.at_ms for still in changes.stills()] == sorted(still.at_ms for still in changes.stills())


def test_black_plain_and_blurred_pictures_are_worth_less() -> None:
    sharp = np.tile(np.array([60, 200], dtype=np.uint8), (54, 48))
    blurred = np.tile(np.linspace(60, 200, 96).astype(np.uint8), (54, 1))
    assert worth(sharp) > worth(blurred) > 0
    for nothing in (10, 128, 250):
        assert worth(np.full((54, 96), nothing, dtype=np.uint8)) == 0


def picture(jpeg: bytes) -> Grey:
    return np.asarray(Image.open(io.BytesIO(jpeg)).convert("L"))
