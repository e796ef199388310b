"""The widget itself: one value that a notebook and the cells that show it share, and a session for each of these."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import anywidget
import traitlets

from ..errors import InputError, named
from ..model.mixture import Mixture
from .messages import Message, MessageError, decode, encode, from_parts, to_parts
from .opening import Opened, holding, parts_of
from .session import Session
from .starting import mixture_within, pinned
from .table import FAMILIES

LONGEST = 100  # characters of a cell's name
MOST_CELLS = 4
"""Cells that talk with a widget at once: where there are more, that which was silent longest is let go."""


UPLOAD = 8 << 20
"""Bytes of a file that a page may send: a Jupyter server ends connections on which messages pass 10 MB."""


@cache
def script() -> str:
    """The front end as the one module that anywidget takes."""
    from .link import linked

    return linked("widget.js", "initialize", "render") + "export default { initialize, render };\n"


@cache
def style() -> str:
    """The front end's style sheets, whose rules do not reach beyond the studio."""
    from .link import styles

    return styles()


class Studio(anywidget.AnyWidget):
    """A Gaussian mixture in one's hands, in a cell of a notebook.

    Made by `mixtura.studio.widget`; not to be made by hand.

    Attributes
    ----------
    selection : list of int
        The components that are selected, by number; the last one is that whose numbers are shown. It can be assigned.
    revision : int
        How often pages have changed the mixture.
    height : int
        Of the cell, in CSS pixels.

    Notes
    -----
    The mixture comes back when a component is let go and when a fit ends, never in the middle of either, so that a cell
    that depends on it (as in marimo) runs once. EM runs in a process of its own: it goes on while a cell runs, but is
    paused only when that has ended, since a kernel that works hears nothing.
    """

    _mix = traitlets.CBytes(b"").tag(sync=True)  # an `edit` message; CBytes, since a page's bytes come as memory
    _family = traitlets.Unicode("full").tag(sync=True)
    _columns = traitlets.List(traitlets.Unicode()).tag(sync=True)
    selection: Any = traitlets.List(traitlets.Int(min=0)).tag(sync=True)
    revision: Any = traitlets.Int(0).tag(sync=True)
    height: Any = traitlets.Int(560).tag(sync=True)

    @traitlets.validate("_mix")
    def _check(self, proposal: Any) -> bytes:
        """What a page sends is a mixture, or the value stays: traitlets takes it back at an error of its own only."""
        content: bytes = proposal["value"]
        try:
            if content and decode(content).type != "edit":
                raise MessageError("the widget's value is no mixture.")
        except MessageError as error:
            raise traitlets.TraitError(str(error)) from None
        return content

    def __init__(self, opened: Opened, height: int) -> None:
        self._opened = opened
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._held: tuple[bytes, Mixture | None] = (b"", None)
        self._esm, self._css = script(), style()
        super().__init__(height=height, _columns=list(opened.head["columns"]))
        if opened.mixture is not None:
            self.mixture = opened.mixture
        self.on_msg(self._hear)

    # The value

    @property
    def _names(self) -> Sequence[str] | None:
        """The names of the coordinates, if whoever gave the data named them."""
        if self._columns != self._opened.head["columns"]:
            return tuple(self._columns)  # of what was opened in the page since
        if self._opened.kind == "table":
            return self._opened.data.names
        return self._opened.mixture.names if self._opened.kind == "model" and self._opened.mixture else self._columns

    @property
    def mixture(self) -> Mixture | None:
        """The mixture as it is in the page, or None before the first fit.

        Assigning one shows it there, as an edit that can be undone. It needs the coordinates of the data.
        """
        if self._held[0] != self._mix:
            message = decode(self._mix)
            exact = (session.exact(message.arrays) for session in self._sessions.values())
            found = next((each for each in exact if each is not None), None)  # of a fit, the very mixture
            self._held = (self._mix, found or mixture_within(message.arrays, self._family, self._names))
        return self._held[1]

    @mixture.setter
    def mixture(self, mixture: Mixture) -> None:
        """Show a mixture in the page.

        Parameters
        ----------
        mixture : Mixture
            Of the coordinates of the data.
        """
        if not isinstance(mixture, Mixture):
            raise InputError(f"{named('mixture')} is a {type(mixture).__name__}: give a Mixture, such as fit.mixture.")
        found, wanted = mixture.means.shape[1], len(self._columns)
        if found != wanted:
            raise InputError(
                f"{named('mixture')} has {found} coordinates, what is open has {wanted}: give one of the same ones."
            )
        content = encode(Message("edit", {"revision": self.revision}, parts_of(mixture)))
        self._held = (content, mixture)
        self._family = family_of(mixture)
        self._mix = content

    @property
    def fixed(self) -> dict[str, list[int]]:
        """The components pinned in the page, as `mixtura.fit` takes them: ``{"means": [3], "weights": [0, 3]}``."""
        pins = decode(self._mix).arrays.get("pins") if self._mix else None
        return {} if pins is None else pinned(pins)

    def on_change(self, call: Callable[[Mixture], Any]) -> Callable[[], None]:
        """Have a function called with the mixture whenever it has changed.

        Parameters
        ----------
        call : callable
            Of one `Mixture`.

        Returns
        -------
        callable
            Without arguments: it ends this.
        """

        def changed(_: Any) -> None:
            if self.mixture is not None:
                call(self.mixture)

        self.observe(changed, "_mix")
        return lambda: self.unobserve(changed, "_mix")

    # The cells that show it

    def _hear(self, _: Any, content: Any, buffers: Sequence[memoryview]) -> None:
        """A message of a page: `{view, head}`, or that a cell, or a page with all its cells, is gone."""
        if not isinstance(content, dict):
            return
        if content.get("close"):
            view, page = content.get("view"), f"{content.get('page')}/"
            for name in [name for name in self._sessions if name == view or name.startswith(page)]:
                self._sessions.pop(name).close()
            return
        view = content.get("view")
        if not isinstance(view, str) or len(view) > LONGEST:
            return
        session = self._session(view)
        try:
            session.receive(from_parts(content.get("head"), buffers))
        except MessageError as error:
            told = {"job": None, "sentence": error.sentence, "remedy": "Run the cell again."}
            self._say(view, Message("failed", told, re=error.seq))

    def _session(self, view: str) -> Session:
        """That of a cell, which begins with what the widget holds now."""
        if view not in self._sessions:
            while len(self._sessions) >= MOST_CELLS:
                self._sessions.popitem(last=False)[1].close()
            opened = holding(self._opened, self.mixture)
            self._sessions[view] = Session(
                lambda message: self._say(view, message), engine="widget", initial=opened, limits={"bytes": UPLOAD}
            )
        self._sessions.move_to_end(view)
        return self._sessions[view]

    def _say(self, view: str, message: Message) -> None:
        head, buffers = to_parts(message)
        self.send({"view": view, "head": head}, buffers)

    def close(self) -> None:
        """Take it out of all cells, and end its processes. The mixture stays."""
        for session in self._sessions.values():
            session.close()
        self._sessions.clear()
        super().close()


def family_of(mixture: Mixture) -> str:
    """The family in which a page fits a mixture."""
    return mixture.covariance_type if mixture.covariance_type in FAMILIES else "full"
