"""What does not fit into memory is put into a file once, and from there mapped into memory again and again.

The file has no name: the system frees it when it is closed, and when the process ends, however that ends.
"""

from __future__ import annotations

import logging
import math
import mmap
import os
import pickle
import shutil
import tempfile
import threading
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np

from ..errors import InputError
from ..writing import nameless

FOLDER, LIMIT = "MIXTURA_SPILL_FOLDER", "MIXTURA_SPILL_GB"  # environment variables
SHARE = 0.5  # of the free space: what a file may take by default
LARGE = 2**12  # bytes of an array that is mapped; smaller ones are copied
EDGE = 64  # bytes at both ends by which equal arrays are found

log: logging.Logger = logging.getLogger(__name__)


class LostError(Exception):
    """What was put down cannot be taken up again."""


class Place(NamedTuple):
    """Bytes of the file."""

    first: int
    length: int


class Spill:
    """Things by their numbers, in a file without a name. What cannot be written ends it, with a record in the log.

    A thing is pickled, its large arrays as they are: each begins a page, and is mapped when the thing is taken. Equal
    arrays are written once.
    """

    open: bool
    end: int
    folder: Path
    limit: float

    def __init__(self, folder: Path, limit: float) -> None:
        self.folder, self.limit, self.end = folder, limit, 0
        self.file: IO[bytes] = nameless(folder)
        self.open = True
        self.things: dict[int, list[Place]] = {}
        self.known: dict[tuple[int, bytes, bytes], Place] = {}
        self.lock: threading.Lock = threading.Lock()

    def put(self, number: int, thing: Any) -> None:
        """Write a thing, if the file is open still."""
        if not self.open:
            return
        arrays: list[pickle.PickleBuffer] = []

        def apart(array: pickle.PickleBuffer) -> bool:
            large = array.raw().nbytes >= LARGE
            if large:
                arrays.append(array)
            return not large

        head = pickle.dumps(thing, protocol=5, buffer_callback=apart)
        with self.lock:
            try:
                self.things[number] = [self._written(memoryview(head)), *(self._written(a.raw()) for a in arrays)]
            except OSError as error:
                self.close()
                log.info("x is read again at each pass: %s (%s).", self.folder, error.strerror or error)

    def take(self, number: int) -> Any:
        """A thing, its arrays in pages of the file; what is written to them stays in memory. Raises LostError."""
        try:
            head, *arrays = (self._mapped(place) for place in self.things[number])
        except OSError as error:  # no room for more pages
            log.info("x is read again at each pass: %s (%s).", self.folder, error.strerror or error)
            raise LostError from error
        return pickle.loads(head, buffers=arrays)

    def close(self) -> None:
        """Give the room back."""
        self.open = False
        self.things.clear()
        with suppress(OSError):
            self.file.close()

    def __del__(self) -> None:
        if hasattr(self, "file"):
            self.close()

    def _written(self, data: memoryview) -> Place:
        mark = (data.nbytes, bytes(data[:EDGE]), bytes(data[-EDGE:]))
        place = self.known.get(mark)
        if place is not None and np.array_equal(
            np.frombuffer(self._mapped(place), np.uint8), np.frombuffer(data, np.uint8)
        ):
            return place
        place = Place(-(-self.end // mmap.ALLOCATIONGRANULARITY) * mmap.ALLOCATIONGRANULARITY, data.nbytes)
        self.end = sum(place)
        if self.end > self.limit:
            raise OSError(f"takes more than {self.limit / 1e9:.1f} GB; {LIMIT} allows more")
        os.lseek(self.file.fileno(), place.first, os.SEEK_SET)
        while data:
            data = data[os.write(self.file.fileno(), data) :]
        self.known.setdefault(mark, place)
        return place

    def _mapped(self, place: Place) -> mmap.mmap:
        return mmap.mmap(self.file.fileno(), place.length, access=mmap.ACCESS_COPY, offset=place.first)


def room(size: float) -> Spill | None:
    """A file for about so many bytes; None, with a record in the log, where there is no place or no room for them."""
    limit = allowed()
    if limit == 0:
        return None
    folder = _folder()
    try:
        if limit is None:
            limit = SHARE * shutil.disk_usage(folder).free
        if size > limit:
            raise OSError(f"{size / 1e9:.1f} GB are needed, {limit / 1e9:.1f} GB allowed; see {LIMIT} and {FOLDER}")
        return Spill(folder, limit)
    except OSError as error:
        log.info("x is read again at each pass: %s (%s).", folder, error.strerror or error)
        return None


def allowed() -> float | None:
    """How many bytes the environment allows; None where it does not say."""
    given = os.environ.get(LIMIT, "").strip()
    if not given:
        return None
    try:
        limit = float(given)
    except ValueError:
        limit = math.nan
    if not limit >= 0:
        raise InputError(
            f"the environment variable {LIMIT} is {given[:40]!r}, expected a number of gigabytes >= 0, such as 20; 0 "
            f"writes no file."
        )
    return 1e9 * limit


def _folder() -> Path:
    """The folder for large temporary files: that of the environment, else one that lies on a disk."""
    given = os.environ.get(FOLDER)
    if given:
        return Path(given)
    lasting = Path("/var/tmp")  # /tmp may lie in memory
    chosen = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP"))
    if not chosen and os.access(lasting, os.W_OK):
        return lasting
    with suppress(OSError):
        return Path(tempfile.gettempdir())
    return lasting
