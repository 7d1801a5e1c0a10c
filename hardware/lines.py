"""Lines of a receipt: words broken at the paper's width, amounts kept whole at its right edge.

Texts are already `printable` (see `hardware.codepages`), so that one character is one column.
"""

import textwrap

_NARROWEST_LABEL = 0.3
"""A label squeezed beside a long amount into less than this part of the paper is not readable any more."""


def paragraph(text: str, columns: int) -> list[str]:
    """The text in lines of at most `columns` characters, broken at spaces, and inside words that are longer.

    Spaces at its beginning indent it, by at most half of the paper; an empty text is one empty line.
    """
    words = text.lstrip(" ")
    indent = " " * min(len(text) - len(words), columns // 2)
    lines = textwrap.wrap(
        words,
        columns,
        initial_indent=indent,
        subsequent_indent=indent,
        expand_tabs=False,
        replace_whitespace=False,
        break_on_hyphens=False,
    )
    return lines or [""]


def pair(label: str, amount: str, columns: int) -> list[str]:
    """Lines of a label with its amount, which stands unbroken at the right of the last line.

    An amount that leaves no fair room for its label follows it on a line of its own; one that is wider than
    the paper takes as many lines as it needs.
    """
    amount = amount.strip(" ")
    room = columns - len(amount) - 1
    if not amount:
        return paragraph(label, columns)
    if not label.strip(" "):
        return _at_the_right(amount, columns)
    if room < columns * _NARROWEST_LABEL:
        return paragraph(label, columns) + _at_the_right(amount, columns)
    *lines, last = paragraph(label, room)
    return [*lines, last.ljust(room + 1) + amount]


def _at_the_right(amount: str, columns: int) -> list[str]:
    return [amount[start : start + columns].rjust(columns) for start in range(0, len(amount), columns)]
