"""Rule text inside of another text: lexemes whose places are those of the outer text."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rete_engine.diagnostics.source import Source
from rete_engine.language.scanner import Lexeme, scan
from rete_engine.language.yaml_nodes import Node, position

_ESCAPES = {
    "0": "\0", "a": "\a", "b": "\b", "t": "\t", "\t": "\t", "n": "\n", "v": "\v", "f": "\f",
    "r": "\r", "e": "\x1b", " ": " ", '"': '"', "/": "/", "\\": "\\", "N": "\x85", "_": "\xa0",
    "L": "\u2028", "P": "\u2029",
}  # fmt: skip
_BLOCKS = ("|", ">")

#: What begins an escape in each style of quotes: two of them stand for one.
_ESCAPED_BY = {"'": "'", '"': "\\"}
_DIGITS = {"x": 2, "u": 4, "U": 8}


def lexemes_of(node: Node) -> Iterator[Lexeme]:
    """The lexemes of a string of a YAML document, with their places in the document."""
    text = node.value
    assert isinstance(text, str)
    source = node.source
    begin = node.start + len(node.style)
    if (
        node.style not in _BLOCKS
        and "\n" not in text
        and _ESCAPED_BY.get(node.style, "\n") not in text
        and source.text.startswith(text, begin)
    ):
        # Written as it reads, on one line: each place is as far from the first as in the text.
        yield from scan(source, text, *position(source, begin))
        return
    indexes = indexes_of(node, text)
    starts = _starts(text)

    def placed(line: int, column: int) -> int:
        return starts[line - 1] + column - 1

    for lexeme in scan(Source(source.name, text)):
        begin = placed(lexeme.line, lexeme.column)
        end = max(placed(lexeme.end_line, lexeme.end_column), begin)
        line, column = position(source, indexes[begin])
        # The end is one behind the last character, wherever the next one stands.
        last = indexes[end - 1] + 1 if end > begin else indexes[begin]
        end_line, end_column = position(source, last)
        yield Lexeme(
            source, lexeme.type, lexeme.text, line, column, end_line, end_column, lexeme.keyword
        )


def chained(nodes: Sequence[Node]) -> Iterator[Lexeme]:
    """The lexemes of several strings, each of them on lines of its own."""
    for node in nodes:
        last: Lexeme | None = None
        for last in lexemes_of(node):
            yield last
        if last is not None and last.type != "NEWLINE":
            line, column = last.end_line, last.end_column
            yield Lexeme(last.source, "NEWLINE", "\n", line, column, line, column)


def _starts(text: str) -> list[int]:
    starts = [0]
    for index, character in enumerate(text):
        if character == "\n":
            starts.append(index + 1)
    return starts


def indexes_of(node: Node, text: str) -> list[int]:
    """For every character of a string (and its end), where in the document it is written.

    The document was read by libyaml already; this follows it. Where the two should not agree,
    all of the string is said to stand where it begins, so that no place is ever wrong.
    """
    raw = node.source.text[node.start : node.end]
    match node.style:
        case "|" | ">":
            found = _block(raw, text)
        case '"' | "'":
            found = _flow(raw[1:-1], text, node.style, 1)
        case _:
            found = _flow(raw, text, "", 0)
    if found is None:
        return [node.start] * (len(text) + 1)
    return [node.start + offset for offset in found]


def _block(raw: str, text: str) -> list[int] | None:
    """The offsets of a block scalar: lines that lose their indentation, folded or not."""
    content, offsets = _unindented(raw, text)
    found: list[int] = []
    here = 0
    for character in text:
        # The first of several breaks between lines that are folded leaves no trace.
        while here < len(content) and content[here] == "\n" and character not in " \n":
            here += 1
        if here >= len(content):
            return None
        if content[here] != character and (character, content[here]) != (" ", "\n"):
            return None
        found.append(offsets[here])
        here += 1
    return [*found, offsets[min(here, len(content))]]


def _unindented(raw: str, text: str) -> tuple[str, list[int]]:
    """The lines of a block scalar without their indentation; the offset of each character."""
    header, _, body = raw.partition("\n")
    lines = body.split("\n")
    first = next((line for line in lines if line.strip(" ")), "")
    wanted = next((line for line in text.split("\n") if line.strip(" ")), "")
    indent = (len(first) - len(first.lstrip(" "))) - (len(wanted) - len(wanted.lstrip(" ")))
    content: list[str] = []
    offsets: list[int] = []
    offset = len(header) + 1
    for line in lines:
        margin = min(indent, len(line) - len(line.lstrip(" ")))
        content.append(line[margin:] + "\n")
        offsets.extend(range(offset + margin, offset + len(line) + 1))
        offset += len(line) + 1
    return "".join(content), [*offsets, min(offset, len(raw))]


def _flow(raw: str, text: str, style: str, before: int) -> list[int] | None:
    """The offsets of a plain or quoted scalar, whose lines are folded."""
    found: list[int] = []
    index = 0
    for character in text:
        while style == '"' and raw.startswith("\\\n", index):
            index += 2
            while raw[index : index + 1] in (" ", "\t"):
                index += 1
        if index >= len(raw):
            return None
        found.append(before + index)
        width = _width(raw, index, character, style)
        if width == 0:
            return None
        index += width
    return [*found, before + index]


def _width(raw: str, index: int, character: str, style: str) -> int:
    """How many characters of a flow scalar stand for one of the text; 0 if they do not."""
    here = raw[index]
    if style == '"' and here == "\\":
        kind = raw[index + 1 : index + 2]
        if kind in _DIGITS:
            digits = raw[index + 2 : index + 2 + _DIGITS[kind]]
            return 2 + len(digits) if chr(int(digits, 16)) == character else 0
        return 2 if _ESCAPES.get(kind) == character else 0
    if style == "'" and here == "'":
        return 2 if raw.startswith("''", index) and character == "'" else 0
    if character in " \n" and here in " \t\n":
        end = index
        while end < len(raw) and raw[end] in " \t\n":
            end += 1
        breaks = raw.count("\n", index, end)
        if breaks == 0:
            return 1 if here == character else 0
        if character == " ":
            return end - index if breaks == 1 else 0
        # A text's line end is an empty line of the document: the last one takes the rest.
        stop = raw.index("\n", index) + 1
        return stop - index if raw.count("\n", stop, end) > 1 else end - index
    return 1 if here == character else 0
