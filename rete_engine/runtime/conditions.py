"""Asking conditions of facts and matches; what to do with one that raises."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast, final

from rete_engine.expressions.displays import elements
from rete_engine.expressions.errors import EvaluationError
from rete_engine.expressions.frame import Answer, Frame, Link, Node
from rete_engine.expressions.values import shown
from rete_engine.network.alphas import Origin, Test
from rete_engine.network.rules import ReadingSpec
from rete_engine.runtime.memory import Element

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher


@final
class Failure:
    """A condition that raised an error."""

    __slots__ = ("elements", "error", "origins")

    def __init__(
        self, origins: list[Origin], elements: list[Element], error: BaseException
    ) -> None:
        self.origins = origins
        self.elements = elements
        self.error = error


def all_hold(tests: tuple[Test, ...], matcher: Matcher) -> bool:
    """Whether all tests hold for the frame's match and fact; one that raises does not."""
    frame = matcher.frame
    for test in tests:
        try:
            if not test.node.holds(frame):
                return False
        except Exception as error:
            note_failure(test.origins, frame.link, frame.record, error, matcher)
            return False
    return True


def compute(test: Test, each: bool, matcher: Matcher) -> list[object]:
    """The value of an expression alone, or each of its elements; nothing if it raises."""
    try:
        value = test.node.evaluate(matcher.frame)
        return elements(value) if each else [value]
    except Exception as error:  # whatever an external function raises
        note_failure(test.origins, matcher.frame.link, None, error, matcher)
        return []


def note_failure(
    origins: list[Origin],
    link: Link | None,
    record: object,
    error: BaseException,
    matcher: Matcher,
) -> None:
    """Note the error of a condition, to be reported by the next run."""
    matched = elements_of(link)
    if isinstance(record, Element):
        matched.append(record)
    # A query shares no condition that can raise with a rule.
    failures = matcher.query_failures if origins[0].of_query else matcher.failures
    failures.append(Failure(origins, matched, error))


def whole(node: Node, frame: Frame) -> int:
    """The value of a salience."""
    value = node.evaluate(frame)
    if type(value) is not int:
        raise EvaluationError(f"salience must be a whole number, not {shown(value)}")
    return value


def matched_by(reading: ReadingSpec, match: Link) -> list[Element]:
    """The facts of a match of a rule: those of its patterns as written, then what else it holds."""
    items: list[object] = []
    link: Link | None = match
    while link is not None:
        items.append(link.item)
        link = link.parent
    found: list[Element] = []
    for pattern in reading.patterns:
        found.append(cast(Element, items[pattern.steps]))
        items[pattern.steps] = None
    for item in reversed(items):
        if isinstance(item, Element) and item.number:  # not a query's arguments
            found.append(item)
    return found


def elements_of(link: Link | None) -> list[Element]:
    """The facts of a match that is not complete, in the order in which they were joined."""
    found: list[Element] = []
    while link is not None:
        if isinstance(link.item, Element) and link.item.number:  # not a query's arguments
            found.append(link.item)
        link = link.parent
    found.reverse()
    return found


def values_within(value: object, found: dict[Element, tuple[object, ...]]) -> None:
    """Note the present values of the facts that a value is, or holds."""
    if isinstance(value, Element):
        found[value] = value.values
    elif isinstance(value, Answer):
        for item in value.values:
            values_within(item, found)
    elif isinstance(value, (list, tuple, set, frozenset)):
        for item in value:
            values_within(item, found)
    elif isinstance(value, dict):
        for key, item in value.items():
            values_within(key, found)
            values_within(item, found)
