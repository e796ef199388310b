"""Compiled code on disk, which no state of the disk can turn against a calculation.

A file that cannot be read, or is not what was written, is compiled again; one that cannot be written is done without.
"""
# mypy: ignore-errors

from __future__ import annotations

import contextlib
import hashlib
import pickle
import uuid
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba.core.caching import CompileResultCacheImpl, FunctionCache, UserWideCacheLocator
from numba.core.runtime import rtsys
from numba.core.serialize import dumps

DIGEST = hashlib.sha256().digest_size


class _UsersFolder(UserWideCacheLocator):
    """The user's cache folder, if the user has a home: else it would be a folder `~` wherever we are."""

    def ensure_cache_path(self):
        if self._cache_path.startswith("~"):
            raise FileNotFoundError("the user has no home")
        super().ensure_cache_path()


class _Place(CompileResultCacheImpl):
    _locator_classes = tuple(
        _UsersFolder if locator is UserWideCacheLocator else locator
        for locator in CompileResultCacheImpl._locator_classes
    )


class Cache(FunctionCache):
    """Numba's cache of a function, with files of ours.

    stamp: of what its code depends on beside its own source. allocates: whether it needs Numba's runtime.
    Raises RuntimeError or OSError where there is no folder to write to.
    """

    _impl_class = _Place

    def __init__(self, function: Any, stamp: Any, allocates: Any) -> None:
        super().__init__(function)
        self._allocates = allocates
        stamp = (numba.__version__, llvmlite.__version__, self._impl.locator.get_source_stamp(), stamp)
        self._cache_file = _Files(Path(self._cache_path), self._impl.filename_base, stamp)
        self.trouble: OSError | None = None  # why its last file could not be written

    @property
    def folder(self):
        """Where its files are."""
        return self._cache_file.folder

    def size(self) -> int:
        """What its files take, in bytes."""
        return sum(file.stat().st_size for file in self.folder.glob(f"{self._cache_file.name}.*.nbc"))

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """The code for arguments of these types, or None.

        Numba would first load all that it can compile, which takes longer than the kernels of a small picture: whatever
        compiles does that by itself.
        """
        with contextlib.suppress(Exception):
            if self._allocates:
                rtsys.initialize(target_context)
            return self._load_overload(sig, target_context)

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep the code for arguments of these types, if possible."""
        with contextlib.suppress(Exception):
            try:
                super().save_overload(sig, data)
            except OSError as error:
                self.trouble = error


class _Files:
    """A file for each version of a function: a digest, then the version's key and its code.

    Numba keeps an index of such files: two processes that write it at once can leave one's key with the other's code.
    """

    def __init__(self, folder, name, stamp) -> None:
        self.folder, self.name, self.stamp = folder, name, stamp

    def path(self, key):
        """Where the version is, whatever the stamp: so new code takes the place of the old."""
        return self.folder / f"{self.name}.{hashlib.sha256(repr(key).encode()).hexdigest()[:16]}.nbc"

    def load(self, key):
        """What was saved as `key`, or None. Nothing is unpickled, or run, that is not what was written."""
        with self.path(key).open("rb") as file:
            digest, content = file.read(DIGEST), file.read()
        if hashlib.sha256(content).digest() != digest:
            return None
        kept, data = pickle.loads(content)
        return data if kept == (self.stamp, key) else None

    def save(self, key, data):
        """Write a file that appears whole or not at all."""
        content = dumps(((self.stamp, key), data))
        part = self.path(key).with_suffix(f".{uuid.uuid4().hex}.part")
        try:
            with part.open("xb") as file:
                file.write(hashlib.sha256(content).digest() + content)
            part.replace(self.path(key))
        finally:
            with contextlib.suppress(OSError):  # gone, if all went well
                part.unlink()
