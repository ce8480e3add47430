"""Alpha specs: what patterns ask of a fact alone, and the indexes over those that satisfy it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, final

from rete_engine.expressions.frame import Node
from rete_engine.network.templates import TemplateSpec

if TYPE_CHECKING:
    from rete_engine.network.nodes import FirstSpec
    from rete_engine.network.rules import ReadingSpec

#: In a set of field bits, the fact's coming and going; field `i` has bit `i + 1`.
EXISTENCE: Final = 1
#: All bits: what changes when a fact comes or goes.
EVERYTHING: Final = -1


#: In place of the text of a condition, of a salience: no condition has this text.
OF_SALIENCE: Final = "the salience"


@final
class Origin:
    """Where a condition stands: for errors, which must name every rule that shares it."""

    __slots__ = ("file", "line", "of_query", "rule", "text")

    def __init__(self, rule: str, file: str, line: int, text: str, of_query: bool = False) -> None:
        self.rule = rule  # its name, or that of the query
        self.of_query = of_query
        self.file = file
        self.line = line
        self.text = text


@final
class Test:
    """A boolean expression with the places it was written at."""

    __slots__ = ("node", "origins")

    def __init__(self, node: Node, origin: Origin) -> None:
        self.node = node
        self.origins = [origin]


@final
class AlphaSpec:
    """What a pattern asks of a fact alone: template, constants, further tests."""

    __slots__ = (
        "constants", "firsts", "following", "lazy", "mask", "number", "others", "rank", "reads",
        "rights", "sole", "template", "tests",
    )  # fmt: skip

    def __init__(
        self,
        number: int,
        template: TemplateSpec,
        constants: tuple[tuple[int, object], ...],
        tests: tuple[Test, ...],
        reads: int,
        lazy: bool,
    ) -> None:
        # What every fact reads that comes here stands together, for the processor's cache: of ten
        # thousand of these most are met but once.
        self.mask = 0  # field bits read through this pattern by anything below
        self.lazy = lazy  # only queries use it: asleep until one of them is asked
        self.others = constants[1:]  # a route finds the spec by the first one
        self.tests = tests
        self.following: AlphaSpec | None = None  # the next one with the same first constant
        # The rule that is all there is to do for a fact, and when its turn is; see `find_soles`.
        self.sole: ReadingSpec | None = None
        self.rank = 0
        self.number = number
        self.template = template
        self.constants = constants  # (field position, join key of the constant): all must agree
        self.reads = reads  # field bits that constants and tests read
        self.rights: list[RightSpec] = []  # indexes over its facts
        self.firsts: list[FirstSpec] = []  # rules that begin with this pattern


@final
class RightSpec:
    """An index over the facts of an alpha spec, shared by every join with the same key."""

    __slots__ = ("alpha", "key", "lazy", "mask", "number")

    def __init__(self, number: int, alpha: AlphaSpec, key: tuple[Node, ...], lazy: bool) -> None:
        self.number = number
        self.lazy = lazy  # only queries use it: built when one of them is first asked
        self.alpha = alpha
        self.key = key  # evaluated over the fact; empty: one bucket holds all
        self.mask = 0  # fields read by any node that uses the index
