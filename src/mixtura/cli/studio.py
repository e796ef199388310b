"""`mixtura studio`: the page in which one plays with a mixture, served to this machine's browser."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from .options import FIT, argument, option
from .streams import tell

WHERE = "Where it runs"


def studio(
    file: Annotated[Path | None, argument("PICTURE | TABLE | MODEL", show_default=False)] = None,
    n_components: Annotated[int | None, option("-k --components N", FIT, least=1, most=50_000)] = None,
    port: Annotated[int | None, option("--port N", WHERE, least=0, most=65_535)] = None,
    host: Annotated[str, option("--host ADDRESS", WHERE)] = "127.0.0.1",
    browser: Annotated[bool, option("--browser/--no-browser", WHERE)] = True,
) -> None:
    """Open the studio: take hold of a mixture's Gaussians, fit, ask, paint, and take away what you made.

    It runs in the browser and on this machine alone; nothing leaves it. The address that is printed lets a page in:
    keep it to yourself. Ctrl-C ends all of it.

    Parameters
    ----------
    file
        What to begin with: a picture, a table (.csv, .tsv, .parquet, .npy) or a model (.mix, .gmx). Without it, the
        studio asks.
    n_components
        The number of components (Gaussians) that it offers first.
    port
        Where it listens; 0 for any that is free. By default 8484, or any that is free where that is taken.
    host
        The address to listen at. With another than 127.0.0.1, whoever reaches this machine and knows the printed
        address can use it, unencrypted.
    browser
        Open it in the browser.

    Examples
    --------
    To begin with a picture, in the browser:
    `mixtura studio harbour.png`

    A table, and five components to begin with:
    `mixtura studio faithful.csv -k 5`

    What was made before, at any free port, to be opened by hand:
    `mixtura studio harbour.mix --port 0 --no-browser`

    On another machine, through a tunnel (`ssh -L 8484:127.0.0.1:8484 that-machine`):
    `mixtura studio --no-browser`
    """
    from ..studio.server import serve

    if host not in ("127.0.0.1", "localhost", "::1"):
        tell(
            f"{host} can be reached from elsewhere: whoever has the address that is printed now can use the studio, "
            f"and what is sent is not encrypted."
        )

    def on_ready(address: str) -> None:
        typer.echo(address)
        if browser:
            import threading
            import webbrowser

            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    serve(file, host=host, port=port, n_components=n_components, on_ready=on_ready)
    raise KeyboardInterrupt  # nothing but a signal ends a server, and what it raised may have been lost on the way
