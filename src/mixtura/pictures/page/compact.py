"""Scripts without what only people read, and without what is not reached, by a tokenizer of JavaScript.

What is taken away is comments, and white space where the language does not need it: a line break stays wherever the
end of a statement might depend on it. Strings, templates and regular expressions are left as they are.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import zip_longest
from typing import NamedTuple

_LEXEME = re.compile(
    r"""
    (?P<space>[^\S\n]+) | (?P<line>\n) | (?P<note>//[^\n]*|/\*(?s:.*?)\*/)
    | (?P<text>'(?:[^'\\\n]|\\(?s:.))*'|"(?:[^"\\\n]|\\(?s:.))*")
    | (?P<number>0[xXbBoO][\da-fA-F_]+n?|(?:\d[\d_]*\.?[\d_]*|\.\d[\d_]*)(?:[eE][+-]?\d+)?n?)
    | (?P<word>[#@]?[\w$]+)
    | (?P<mark>>>>=|\.\.\.|===|!==|\*\*=|<<=|>>=|>>>|&&=|\|\|=|\?\?=|=>|==|!=|<=|>=|&&|\|\||\?\?|\?\.(?!\d)|\+\+|--|\*\*
      |<<|>>|[-+*%&|^]=|[-+*%&|^~!<>=?:;,.()\[\]{}])
    """,
    re.VERBOSE,
)
_REGEX = re.compile(r"/(?![*/])(?:[^/\\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+/\w*")
_TEMPLATE = re.compile(r"(?:[^`\\$]|\\(?s:.)|\$(?!\{))*")
_BEFORE_REGEX = {
    "return", "typeof", "case", "in", "of", "delete", "void", "throw", "new", "instanceof", "else", "do", "yield",
    "await",
}  # fmt: skip
_JOINED = {"=", "=>", ",", ";", ":", "?", "&&", "||", "??", "<", ">", "<=", ">=", "==", "===", "!=", "!==", ".", "?."}
_OPEN_AFTER = _JOINED | {"{", "(", "[", "+=", "-=", "*=", "/=", "+", "-", "*", "%", "&", "|", "^", "...", "!"}
_OPEN_BEFORE = _JOINED | {"}", ")", "]"}
"""Marks after or before which a statement cannot end, so that a line need not end there either."""
_KEPT_AFTER = {")", "else", "do", "{", ";"}
"""What may stand before a ; that is a statement of its own, and stays."""
_DECLARING = ("function", "async", "class", "const", "let")


class Token(NamedTuple):
    """A word, number, text, regex, mark, or a piece of a template; broken: whether a line ended before it."""

    kind: str
    text: str
    broken: bool


def tokens(script: str) -> Iterator[Token]:
    """Read a script token by token.

    Parameters
    ----------
    script : str
        JavaScript.

    Yields
    ------
    Token
        All but comments and white space.

    Raises
    ------
    ValueError
        At what is no token of the language.
    """
    at, broken, last = 0, False, Token("mark", ";", False)
    braces: list[bool] = []  # of those that are open: whether a template goes on after them
    while at < len(script):
        letter = script[at]
        if letter == "`" or (letter == "}" and braces and braces[-1]):
            if letter == "}":
                braces.pop()
            end = _template_end(script, at + 1)
            kind, found = "template", script[at:end]
            if found.endswith("${"):
                braces.append(True)
        elif letter == "/" and script[at + 1 : at + 2] not in ("/", "*"):
            kind, found = _slash(script, at, last)
        else:
            match = _LEXEME.match(script, at)
            if match is None or match.lastgroup is None:
                raise ValueError(f"the script has {script[at : at + 20]!r}, which is no token.")
            kind, found = match.lastgroup, match[0]
        at += len(found)
        if kind in ("space", "line", "note"):
            broken |= "\n" in found
            continue
        if found == "{":
            braces.append(False)
        elif kind == "mark" and found == "}" and braces:
            braces.pop()
        last = Token(kind, found, broken)
        broken = False
        yield last
    if braces:
        raise ValueError("the script has a brace that is not closed.")


def _template_end(script: str, at: int) -> int:
    """Where a piece of a template ends, after its ` or ${."""
    match = _TEMPLATE.match(script, at)
    end = at if match is None else match.end()
    if script[end : end + 1] == "`":
        return end + 1
    if script[end : end + 2] == "${":
        return end + 2
    raise ValueError(f"the script has a template without an end: {script[at : at + 20]!r}.")


def _slash(script: str, at: int, last: Token) -> tuple[str, str]:
    """A regular expression where a value may begin, else a division."""
    value = last.kind in ("number", "text", "regex") or last.text in (")", "]", "}") or last.text.endswith("`")
    value |= last.kind == "word" and last.text not in _BEFORE_REGEX
    if value:
        found = "/=" if script[at + 1 : at + 2] == "=" else "/"
        return "mark", found
    match = _REGEX.match(script, at)
    if match is None:
        raise ValueError(f"the script has {script[at : at + 20]!r}, which is no regular expression.")
    return "regex", match[0]


def compact(script: str) -> str:
    """Take comments and needless white space out of a script.

    Parameters
    ----------
    script : str
        JavaScript.

    Returns
    -------
    str
        JavaScript that does the same.
    """
    return written(list(tokens(script)))


def written(read: list[Token]) -> str:
    """Write tokens as a script.

    Parameters
    ----------
    read : list of Token
        Of a script.

    Returns
    -------
    str
        JavaScript.
    """
    pieces: list[str] = []
    before = Token("mark", ";", False)
    for token, after in zip_longest(read, read[1:]):
        if token.text == ";" and after is not None and after.text == "}" and before.text not in _KEPT_AFTER:
            continue
        if token.broken and before.text not in _OPEN_AFTER and token.text not in _OPEN_BEFORE:
            pieces.append("\n")
        elif _needs_space(before, token):
            pieces.append(" ")
        pieces.append(token.text)
        before = token
    return "".join(pieces).strip("\n") + "\n"


def _needs_space(a: Token, b: Token) -> bool:
    """Whether two tokens would be read as another one, or others, without a space between them."""
    wide = ("word", "number")
    if a.kind in (*wide, "regex") and b.kind in wide:
        return True
    if a.kind == "number" and b.text.startswith("."):
        return True
    if a.kind == "mark" and b.kind == "mark":
        return a.text[-1] == b.text[0] and a.text[-1] in "+-"
    return a.kind == "mark" and a.text[-1] == "/" and b.kind == "regex"


def reached(script: str, roots: Collection[str] = ()) -> str:
    """Take declarations out of a script that nothing else refers to.

    Parameters
    ----------
    script : str
        JavaScript, whose declarations outside of functions do nothing but declare.
    roots : collection of str
        Names that somebody else refers to.

    Returns
    -------
    str
        The script with functions, classes and constants that its other statements need.

    Notes
    -----
    A word that is no property after a dot counts as referring to whatever is declared by that name anywhere, so what
    stays may be too much, but not too little.
    """
    statements = list(_statements(list(tokens(script))))
    owners = {name: i for i, statement in enumerate(statements) for name in _declared(statement)}
    kept: set[int] = set()
    waiting = [i for i, statement in enumerate(statements) if not _declared(statement)]
    waiting += [owners[name] for name in roots]
    while waiting:
        i = waiting.pop()
        if i in kept:
            continue
        kept.add(i)
        for before, token in zip([Token("mark", ";", False), *statements[i]], statements[i], strict=False):
            if token.kind == "word" and before.text not in (".", "?.") and token.text in owners:
                waiting.append(owners[token.text])
    return written([token for i, statement in enumerate(statements) if i in kept for token in statement])


def _statements(read: list[Token]) -> Iterator[list[Token]]:
    """The statements outside of functions: a function or class ends at its brace, a constant at its ;."""
    here: list[Token] = []
    depth = 0
    for token in read:
        if here and token.broken and depth == 0 and token.text in _DECLARING and here[0].text not in _DECLARING:
            yield here
            here = []
        here.append(token)
        depth += _opened(token)
        body = here[0].text in ("function", "async", "class") and token.text == "}" and token.kind == "mark"
        if depth == 0 and (body or (token.text == ";" and token.kind == "mark")):
            yield here
            here = []
        elif depth == 0 and len(here) > 2 and token.broken and token.text in _DECLARING:
            raise ValueError(f"the declaration of {here[1].text} has no ; at its end.")
    if here:
        yield here


def _opened(token: Token) -> int:
    """How many brackets a token opens, less those that it closes."""
    if token.kind == "template":
        return (token.text.endswith("${")) - (token.text.startswith("}"))
    return (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}")) if token.kind == "mark" else 0


def _declared(statement: list[Token]) -> list[str]:
    """The names that a declaration declares; none of another statement."""
    first = statement[0].text
    if first in ("function", "async", "class"):
        word = next((token for token in statement[1:] if token.kind == "word" and token.text != "function"), None)
        return [] if word is None else [word.text]
    if first not in ("const", "let"):
        return []
    found, depth, left = [], 0, True
    for token in statement[1:]:
        if depth == 0 and token.text == "=" and token.kind == "mark":
            left = False
        elif depth == 0 and token.text == ",":
            left = True
        elif left and token.kind == "word":  # in a pattern too
            found.append(token.text)
        depth += _opened(token)
    return found
