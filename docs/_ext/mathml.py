"""Formulas as MathML, which browsers draw themselves: nothing is fetched from elsewhere, and no script runs."""

from __future__ import annotations

from typing import Any

from docutils import nodes


def _formula(tex: str, display: str) -> str:
    from latex2mathml.converter import convert

    return convert(tex.strip(), display=display).replace("<mo>&#x0007C;</mo>", "<mo>|</mo>")


def _inline(self: Any, node: nodes.math) -> None:
    self.body.append(f'<span class="math">{_formula(node.astext(), "inline")}</span>')
    raise nodes.SkipNode


def _block(self: Any, node: nodes.math_block) -> None:
    self.body.append(f'<div class="math">{_formula(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app: Any) -> dict[str, Any]:
    """Sphinx calls this."""
    app.add_html_math_renderer("mathml", inline_renderers=(_inline, None), block_renderers=(_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
