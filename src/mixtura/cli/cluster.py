"""The cluster of Dask whose workers do the work of a command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import InputError, MissingExtraError, named

ANSWERS_WITHIN = 10  # seconds


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """While Dask works on the cluster whose scheduler is at `address`; None for no cluster.

    Raises InputError where no scheduler answers, MissingExtraError.
    """
    if address is None:
        yield
        return
    try:
        from distributed import Client
    except ImportError:
        raise MissingExtraError(f"{named('scheduler')} needs Dask: pip install 'mixtura[cluster]'.") from None
    try:
        client = Client(address, timeout=ANSWERS_WITHIN)
    except (OSError, ValueError) as error:
        said = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise InputError(
            f"{named('scheduler')} is {address!r}, where no scheduler of Dask's answers ({said}): start one with "
            f"`dask scheduler`, which says its address, such as tcp://127.0.0.1:8786."
        ) from None
    with client:
        if not client.scheduler_info(n_workers=-1)["workers"]:
            raise InputError(
                f"the scheduler at {address} has no workers: start some with `dask worker {address}`, on this machine "
                f"or others."
            )
        yield
