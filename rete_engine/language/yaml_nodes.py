"""YAML text to nodes with places: the core schema of YAML 1.2, bounded, and nothing else.

PyYAML only scans and parses here; its events are put together by a loop, for its own composer
goes down by recursion and can end the process. A node is a string with a place, a list or a
mapping: no tag makes an object of it, no key stands twice, and aliases cannot unfold to more
than `MOST_VALUES`.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from rete_engine.diagnostics.diagnostic import Diagnostic, Note
from rete_engine.diagnostics.errors import RuleSyntaxError
from rete_engine.diagnostics.source import Source, Span

#: Values of a document, those that aliases stand for counted each time.
MOST_VALUES = 1_000_000

#: Characters of all that aliases stand for, each time that they do: it is read each time.
MOST_REPEATED = 500_000

#: How deep lists and mappings may be nested.
DEEPEST = 100

#: What plain words mean, by PyYAML's names of the types; all others are strings. The characters
#: are those that such a word can begin with.
CORE_SCHEMA: tuple[tuple[str, str, str], ...] = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("null", r"~|null|Null|NULL|", "~nN"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    (
        "float",
        r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
        r"|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)",
        "-+0123456789.",
    ),
)
_WORDS = [(name, re.compile(rf"(?:{pattern})\Z")) for name, pattern, _ in CORE_SCHEMA]

#: Numbers of more digits than Python converts are refused.
LONGEST_NUMBER = 4300

_STRING_TAG = "tag:yaml.org,2002:str"


@dataclass(slots=True, eq=False)
class Node:
    """A part of a document: `value` is a string, a list of nodes, or a mapping by key."""

    source: Source
    start: int  # where it begins and ends, as indexes into the source's text
    end: int
    value: str | list[Node] | dict[str, tuple[Node, Node]]  # of a mapping: key and value
    style: str = ""  # of a string: "" is plain, else ' " | or >
    is_string: bool = False  # tagged as a string
    size: int = 1  # values in it, with those that aliases stand for
    length: int = 0  # characters of the strings in it, counted in the same way
    depth: int = 1

    @property
    def span(self) -> Span:
        """The place; of a list or mapping, its first line."""
        line, column = position(self.source, self.start)
        end = self.end
        if not isinstance(self.value, str) or self.style in ("|", ">"):
            stop = self.source.text.find("\n", self.start)
            end = min(end, stop if stop >= 0 else end)
        end_line, end_column = position(self.source, max(end, self.start))
        return Span(self.source, line, column, end_line, end_column)

    @property
    def mapping(self) -> dict[str, tuple[Node, Node]]:
        """The keys and values of a mapping; empty for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The items of a list; anything else is its own only item."""
        return self.value if isinstance(self.value, list) else [self]

    def get(self, key: str) -> Node | None:
        """The value of a mapping's key; None where it is missing or null."""
        found = self.mapping.get(key)
        return found[1] if found is not None and not found[1].is_null else None

    @property
    def is_null(self) -> bool:
        """Whether it is a plain word that stands for nothing."""
        return isinstance(self.value, str) and self.plain() is None

    def plain(self) -> Any:
        """The node as plain data.

        Raises:
            RuleSyntaxError: A number has too many digits.
        """
        match self.value:
            case str():
                return self._scalar(self.value)
            case list():
                return [item.plain() for item in self.value]
            case dict():
                return {key: value.plain() for key, (_, value) in self.value.items()}

    def _scalar(self, text: str) -> Any:
        if self.style or self.is_string:
            return text
        kind = next((name for name, pattern in _WORDS if pattern.match(text)), "str")
        match kind:
            case "bool":
                return text.lower() == "true"
            case "null":
                return None
            case "int":
                if len(text) > LONGEST_NUMBER:
                    raise failure("RE0020", "a number has too many digits", self.span)
                base = {"0o": 8, "0x": 16}.get(text[:2], 10)
                return int(text[2:] if base != 10 else text, base)
            case "float":
                return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))
            case _:
                return text


def position(source: Source, index: int) -> tuple[int, int]:
    """Line and column of an index into the text of a source."""
    line = bisect.bisect_right(source.starts, index)
    return line, index - source.starts[line - 1] + 1


def too_deep_at(text: str, deepest: int) -> int | None:
    """The line where a text nests more than so deep, counted from 1; None where it does not.

    PyYAML's composer goes down by recursion in C, which can end the process; so who uses it
    asks this first. A text that cannot be so deep, by its brackets and the lengths of its lines,
    is not read for it.

    Raises:
        yaml.YAMLError: It is not YAML.
    """
    brackets = text.count("[") + text.count("{")
    # A level of block style takes a column, or two levels take two.
    if brackets + 2 * max(map(len, text.split("\n"))) <= deepest:
        return None
    depth = 0
    for event in yaml.parse(text, Loader=_loader()):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > deepest:
                return text.count("\n", 0, _mark(event.start_mark)) + 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
    return None


def _loader() -> Any:
    """libyaml's, which is several times as fast, where PyYAML was built with it."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def failure(
    code: str, message: str, span: Span, hint: str | None = None, *notes: Note
) -> RuleSyntaxError:
    """The error of a document that cannot be read."""
    return RuleSyntaxError([Diagnostic(code, message, span, hint, notes=notes)])


def compose(source: Source) -> Node:
    """The root node of the only document of a text.

    Raises:
        RuleSyntaxError: It is not YAML, holds several documents or none, is nested too deeply,
            unfolds to too much, or has a tag or a key that stands twice.
    """
    return _Composer(source).run()


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end is to come."""

    node: Node
    key: Node | None = None  # of a mapping: the key whose value is to come
    merged: list[Node] = field(default_factory=list)  # what `<<` brings in


class _Composer:
    """The loop over the events of a text."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.open: list[_Open] = []
        self.anchors: dict[str, Node] = {}
        self.repeated = 0  # characters that aliases have stood for
        self.root: Node | None = None

    def run(self) -> Node:
        for event in self.events():
            match event:
                case yaml.DocumentStartEvent():
                    if self.root is not None:
                        span = self.span(event)
                        raise failure("RE0020", "a file of rules is one YAML document", span)
                case yaml.AliasEvent():
                    self.alias(event)
                case yaml.ScalarEvent():
                    node = self.node(event, event.value)
                    node.length = len(event.value)
                    node.style = event.style or ""
                    node.is_string = event.tag in (_STRING_TAG, "!")
                    self.add(node)
                case yaml.SequenceStartEvent():
                    self.begin(self.node(event, []))
                case yaml.MappingStartEvent():
                    self.begin(self.node(event, {}))
                case yaml.SequenceEndEvent() | yaml.MappingEndEvent():
                    self.finish(event)
        if self.root is None:
            place = Span(self.source, 1, 1, 1, 1)
            raise failure("RE0020", "the document is empty", place, "it is a mapping of 'rules'")
        return self.root

    def events(self) -> Iterator[yaml.Event]:
        try:
            yield from yaml.parse(self.source.text, Loader=_loader())
        except yaml.MarkedYAMLError as error:
            index = _mark(error.problem_mark or error.context_mark)
            cause = error.problem or error.context or "it cannot be read"
            line, column = position(self.source, min(index, len(self.source.text)))
            place = Span(self.source, line, column, line, column + 1)
            tab = self.source.text[index : index + 1] == "\t"
            advice = "indent with spaces" if tab else _advice(cause)
            raise failure("RE0020", f"not YAML: {cause}", place, advice) from None
        except yaml.YAMLError as error:
            place = Span(self.source, 1, 1, 1, 1)
            raise failure("RE0020", f"not YAML: {error}", place) from None

    def span(self, event: yaml.Event) -> Span:
        """The first character of an event."""
        line, column = position(self.source, _mark(event.start_mark))
        return Span(self.source, line, column, line, column + 1)

    def node(self, event: Any, value: Any) -> Node:
        """A new node; its anchor is known from here on."""
        tag = event.tag
        if tag not in (None, "!", _STRING_TAG):
            raise failure(
                "RE0020", f"the tag '{tag}' means nothing here", self.span(event), "leave it out"
            )
        node = Node(self.source, _mark(event.start_mark), _mark(event.end_mark), value)
        if event.anchor is not None:
            self.anchors[event.anchor] = node
        return node

    def alias(self, event: yaml.AliasEvent) -> None:
        node = self.anchors.get(event.anchor or "")
        if node is None:
            raise failure("RE0020", f"nothing is called '&{event.anchor}'", self.span(event))
        if any(node is outer.node for outer in self.open):
            raise failure("RE0020", "an alias refers to what it stands in", self.span(event))
        self.repeated += node.length
        if self.repeated > MOST_REPEATED:
            raise failure(
                "RE0003", f"aliases stand for more than {MOST_REPEATED:,} characters",
                self.span(event),
            )  # fmt: skip
        self.add(node, self.span(event))

    def begin(self, node: Node) -> None:
        self.open.append(_Open(node))
        if len(self.open) > DEEPEST:
            raise failure(
                "RE0004", f"lists and mappings are nested more than {DEEPEST} deep", node.span
            )

    def finish(self, event: yaml.Event) -> None:
        done = self.open.pop()
        done.node.end = _mark(event.end_mark)
        entries = done.node.mapping
        for other in done.merged:
            for key, entry in other.mapping.items():
                entries.setdefault(key, entry)
        self.add(done.node)

    def add(self, node: Node, alias: Span | None = None) -> None:
        """Put a complete node where it belongs."""
        if not self.open:
            self.root = node
            return
        outer = self.open[-1]
        container = outer.node
        container.size += node.size
        container.length += node.length
        container.depth = max(container.depth, node.depth + 1)
        if container.size > MOST_VALUES:
            raise failure(
                "RE0003", f"the document has more than {MOST_VALUES:,} values", alias or node.span,
                "what aliases stand for counts each time",
            )  # fmt: skip
        if container.depth + len(self.open) - 1 > DEEPEST:
            raise failure(
                "RE0004", f"lists and mappings are nested more than {DEEPEST} deep",
                alias or node.span,
            )  # fmt: skip
        if isinstance(container.value, list):
            container.value.append(node)
        elif outer.key is None:
            self.key(outer, node)
        else:
            self.entry(outer, outer.key, node)
            outer.key = None

    def key(self, outer: _Open, node: Node) -> None:
        if not isinstance(node.value, str):
            raise failure("RE0020", "a key is a word", node.span)
        first = outer.node.mapping.get(node.value)
        if first is not None:
            raise failure(
                "RE0021", f"the key '{node.value}' stands twice in one mapping", node.span,
                "leave one of them out", Note("the first is here", first[0].span),
            )  # fmt: skip
        outer.key = node

    def entry(self, outer: _Open, key: Node, node: Node) -> None:
        assert isinstance(outer.node.value, dict)
        assert isinstance(key.value, str)
        if key.value != "<<" or key.style:
            outer.node.value[key.value] = (key, node)
            return
        if not all(isinstance(each.value, dict) for each in node.items):
            raise failure("RE0020", "'<<' brings in a mapping, or a list of them", key.span)
        outer.merged.extend(node.items)


def _mark(mark: Any) -> int:
    """The index of a place as PyYAML gives it."""
    return int(mark.index) if mark is not None else 0


def _advice(cause: str) -> str | None:
    """A hint for what is most often behind a cause that libyaml names."""
    if "mapping values are not allowed" in cause:
        return "put text that holds ': ' in quotes"
    if "tab" in cause or "\\t" in cause:
        return "indent with spaces"
    if "did not find expected" in cause or "cannot start any token" in cause:
        return "put text that begins with a special character in quotes"
    return None
