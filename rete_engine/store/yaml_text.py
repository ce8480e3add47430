"""Records from YAML: the core schema of YAML 1.2, no object construction, no surprises.

PyYAML reads YAML 1.1, where `no` is false, `12:30` is 750 and `1e3` is a string. Here plain
words mean what JSON means by them: numbers, `true`, `false`, `null`; all else is a string, and a
date is a string that the field's type converts.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from typing import Any, ClassVar

import yaml

from rete_engine.language.yaml_nodes import CORE_SCHEMA, too_deep_at
from rete_engine.store.records import FactFileError, Record

#: libyaml is several times as fast, where PyYAML was built with it.
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

#: Aliases let a page of YAML stand for gigabytes; a document that unfolds to more is refused.
_LARGEST = 10_000_000


#: Lists and mappings in each other that PyYAML's composer is trusted with.
_DEEPEST = 1000


class _RefusedError(ValueError):
    def __init__(self, cause: str, mark: yaml.Mark) -> None:
        super().__init__(cause)
        self.mark = mark


class _Loader(_Base):  # type: ignore[misc]
    """A safe loader with the core schema, which refuses equal keys."""

    yaml_implicit_resolvers: ClassVar[dict[str, list[tuple[str, re.Pattern[str]]]]] = {}

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """The mapping, where no key stands twice (keys that `<<` brings in may be overridden)."""
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge":
                continue
            key = self.construct_object(key_node, deep=True)
            if isinstance(key, Hashable) and key in seen:
                raise _RefusedError(
                    f"the key '{key}' stands twice in one mapping", key_node.start_mark
                )
            if isinstance(key, Hashable):
                seen.add(key)
        result: dict[Any, Any] = super().construct_mapping(node, deep=deep)
        return result

    def construct_core_int(self, node: yaml.ScalarNode) -> int:
        """A whole number, where a leading zero does not make it octal."""
        text = str(self.construct_scalar(node))
        base = {"0o": 8, "0x": 16}.get(text[:2], 10)
        return int(text[2:] if base != 10 else text, base)


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_core_int)
for _tag, _pattern, _first in (*CORE_SCHEMA, ("merge", r"<<", "<")):
    _Loader.add_implicit_resolver(
        # PyYAML files the empty word, which is null, under the empty character.
        f"tag:yaml.org,2002:{_tag}",
        re.compile(rf"^(?:{_pattern})$"),
        [*_first, *([""] if _tag == "null" else [])],
    )


def documents(text: str, file: str) -> Iterator[object]:
    """The documents of a text (`---` stands between them).

    Raises:
        FactFileError: It is not YAML.
    """
    for loader, node in _nodes(text, file):
        yield _built(loader, node, text, file)


def records(text: str, file: str) -> Iterator[Record]:
    """The elements of the documents that are lists, and every other document as one record.

    Raises:
        FactFileError: It is not YAML.
    """
    number = 0
    for loader, node in _nodes(text, file):
        parts = node.value if isinstance(node, yaml.SequenceNode) else [node]
        for part in parts:
            number += 1
            value = _built(loader, part, text, file)
            yield Record(value, number, part.start_mark.line + 1, whole=part is node)


def _nodes(text: str, file: str) -> Iterator[tuple[Any, yaml.Node]]:
    """The documents before their values are built."""
    try:
        line = too_deep_at(text, _DEEPEST)
        if line is not None:
            raise FactFileError("nested too deeply", file=file, line=line)
        loader = _Loader(text)
        try:
            while loader.check_node():
                node = loader.get_node()
                _check_size(node)
                yield loader, node
        finally:
            loader.dispose()
    except (yaml.MarkedYAMLError, _RefusedError) as error:
        raise _error(error, text, file) from None
    except yaml.YAMLError as error:
        raise FactFileError(f"not YAML: {error}", file=file) from None
    except RecursionError:
        raise FactFileError("nested too deeply", file=file) from None


def _built(loader: Any, node: yaml.Node, text: str, file: str) -> object:
    try:
        value: object = loader.construct_document(node)
    except (yaml.MarkedYAMLError, _RefusedError) as error:
        raise _error(error, text, file) from None
    except RecursionError:
        raise FactFileError("nested too deeply", file=file) from None
    except ValueError as error:  # a whole number of more digits than Python converts
        line = node.start_mark.line + 1
        raise FactFileError(str(error).partition(";")[0], file=file, line=line) from None
    return value


def _error(error: yaml.MarkedYAMLError | _RefusedError, text: str, file: str) -> FactFileError:
    mark: yaml.Mark | None
    if isinstance(error, _RefusedError):
        cause, mark = str(error), error.mark
    else:
        # The constructor's words for a tag outside the schema speak of its own workings.
        tagged = (error.problem or "").startswith("could not determine a constructor")
        known = "a tag that stands for no plain value" if tagged else error.problem
        cause, mark = f"not YAML: {known or error.context}", error.problem_mark
    if mark is None:
        return FactFileError(cause, file=file)
    shown = text.split("\n")[mark.line : mark.line + 1]
    excerpt = shown[0] if shown else None
    return FactFileError(
        cause, file=file, line=mark.line + 1, column=mark.column + 1, excerpt=excerpt
    )


def _check_size(root: yaml.Node) -> None:
    """Refuse a document that refers to itself or unfolds to too much."""
    sizes: dict[int, int] = {}  # of nodes that are done; 0 while a node is being looked at

    def size(node: yaml.Node) -> int:
        known = sizes.get(id(node))
        if known == 0:
            raise _RefusedError("an alias refers to what it stands in", node.start_mark)
        if known is not None:
            return known
        sizes[id(node)] = 0
        total = 1
        if isinstance(node, yaml.SequenceNode):
            total += sum(map(size, node.value))
        elif isinstance(node, yaml.MappingNode):
            total += sum(size(key) + size(value) for key, value in node.value)
        if total > _LARGEST:
            raise _RefusedError("aliases unfold this document to too many values", node.start_mark)
        sizes[id(node)] = total
        return total

    size(root)
