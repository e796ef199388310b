"""What there is on a machine: versions, threads, compiled code, extras."""

from __future__ import annotations

import os
import platform
import re
from importlib import metadata
from pathlib import Path
from typing import Any

UNTOLD = ("all", "compare")
"""Extras that stand for others, or serve one example."""


def examined() -> dict[str, Any]:
    """Look at the machine, for `mixtura doctor`.

    Returns
    -------
    dict
        ``python``, ``system``, ``processor``, ``cores`` and ``threads``; ``packages``, what Mixtura needs by name, with
        its version or None; ``compiled``, the folder, the number and the size of kept functions; ``extras``, for each
        what is missing.
    """
    needed, extras = _requirements()
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return {
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "processor": _processor(),
        "cores": cores,
        "threads": int(os.environ.get("NUMBA_NUM_THREADS") or cores),
        "packages": {name: _version(name) for name in needed},
        "compiled": _compiled(),
        "extras": {name: [each for each in wanted if _version(each) is None] for name, wanted in extras.items()},
    }


def _requirements() -> tuple[list[str], dict[str, list[str]]]:
    """The packages that Mixtura needs, and those of its extras."""
    needed: list[str] = []
    extras: dict[str, list[str]] = {}
    try:
        lines = metadata.requires("mixtura") or []
    except metadata.PackageNotFoundError:  # a copied folder, which tells nothing of itself
        lines = []
    for line in lines:
        found = re.match(r"[\w.-]+", line)
        extra = re.search(r"extra == ['\"](\w+)['\"]", line)
        if found and not extra:
            needed.append(found[0])
        elif found and extra and extra[1] not in UNTOLD:
            extras.setdefault(extra[1], []).append(found[0])
    return needed, extras


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _processor() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        text = ""
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.processor() or platform.machine()


def _compiled() -> dict[str, Any]:
    """Where compiled functions are kept, how many there are, and what they take."""
    from ..kernels import low_dimension  # noqa: F401  the kernels' functions are known once they are imported
    from ..kernels.compiled import caches

    kept = caches()
    if not kept:
        return {"folder": None, "functions": 0, "size": 0}
    files = list(kept[0].folder.rglob("*.nbc"))
    return {"folder": str(kept[0].folder), "functions": len(files), "size": sum(file.stat().st_size for file in files)}
