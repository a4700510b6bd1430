"""A process of its own for one job: `python -m recorder.produce`, the order as one JSON object on its standard input.

Standard output has lines of progress and at last what was made; standard error a code where it was not, with an exit code
other than 0. It ends at once when it is told to: what it was writing is then no product, and the next process removes it.
"""

from __future__ import annotations

import errno
import sys
from collections.abc import Callable

import msgspec

from recorder.compose import compose
from recorder.footage import open_films
from recorder.index import BrokenIndex
from recorder.journal import JournalError
from recorder.keys import KeyStore
from recorder.manifest import Manifest
from recorder.order import Kind, Made, Order, Progress, read_order
from recorder.pictures import make_pictures
from recorder.products import Unwanted, remove_unfinished, store_product, wanted_manifest
from recorder.waveform import waveform
from recorder.webm import LayoutError


def main() -> int:
    try:
        order = read_order(sys.stdin.buffer.read())
        produce(order, Progress(sys.stdout))
    except Unwanted as unwanted:
        return _failed(unwanted.code)
    except (msgspec.ValidationError, msgspec.DecodeError):
        return _failed("bad_order")
    except (JournalError, BrokenIndex, LayoutError):
        return _failed("damaged")
    except OSError as error:
        return _failed("disk_full" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "disk")
    return 0


def produce(order: Order, progress: Progress) -> None:
    manifest = wanted_manifest(order.data, order.take, order.version)
    remove_unfinished(order.data)
    keys = KeyStore(order.keys)
    progress.tell(0)
    try:
        made = _MAKERS[order.kind](order, keys, manifest, progress)
    except (JournalError, BrokenIndex, OSError):
        wanted_manifest(order.data, order.take, order.version)  # what cannot be read may have been taken away meanwhile
        raise
    progress.finish(made)


def _make_film(order: Order, keys: KeyStore, manifest: Manifest, progress: Progress) -> Made:
    with compose(order, keys, manifest, progress) as film:
        return {"film.mp4": store_product(order.data, keys, order.take, order.version, "film.mp4", film)}


def _make_pictures(order: Order, keys: KeyStore, manifest: Manifest, progress: Progress) -> Made:
    made = make_pictures(order, keys, manifest, progress)
    return {name: store_product(order.data, keys, order.take, order.version, name, (data,)) for name, data in made.items()}


def _make_waveform(order: Order, keys: KeyStore, manifest: Manifest, progress: Progress) -> Made:
    film, _ = open_films(order.data, keys, manifest)
    size_bytes = store_product(order.data, keys, order.take, order.version, "waveform.bin", waveform(film, progress))
    return {"waveform.bin": size_bytes}


def _failed(code: str) -> int:
    print(code, file=sys.stderr)
    return 1


_MAKERS: dict[Kind, Callable[[Order, KeyStore, Manifest, Progress], Made]] = {
    "film": _make_film,
    "pictures": _make_pictures,
    "waveform": _make_waveform,
}

if __name__ == "__main__":
    sys.exit(main())
