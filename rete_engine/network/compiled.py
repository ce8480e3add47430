"""A rule set as the compiler leaves it: the network, and what stands beside it."""

from __future__ import annotations

from typing import final

from rete_engine.expressions.frame import Function, Node
from rete_engine.expressions.types import Type
from rete_engine.network.network import Network
from rete_engine.network.statements import Statement


@final
class CompiledParam:
    """A parameter: its type, and how its value comes about when a session gives none."""

    __slots__ = ("default", "name", "type")

    def __init__(self, name: str, type: Type, default: Node | None) -> None:
        self.name = name
        self.type = type
        self.default = default  # None where a session must give a value


@final
class External:
    """A function that the program provides."""

    __slots__ = ("name", "parameters", "place", "result")

    def __init__(self, name: str, parameters: tuple[Type, ...], result: Type, place: str) -> None:
        self.name = name
        self.parameters = parameters
        self.result = result
        self.place = place  # where it is declared: "pricing.rete:3:10"


@final
class Compiled:
    """A rule set, ready for sessions."""

    __slots__ = (
        "externals", "facts", "facts_locals", "facts_places", "functions", "locals", "network",
        "params",
    )  # fmt: skip

    def __init__(
        self,
        network: Network,
        params: tuple[CompiledParam, ...],
        functions: tuple[Function, ...],
        externals: tuple[External, ...],
        facts: tuple[Statement, ...],
        facts_places: tuple[str, ...],
        facts_locals: int,
        locals: int,
    ) -> None:
        self.network = network
        self.params = params
        self.functions = functions  # by number, as calls name them
        self.externals = externals  # by number, too
        self.facts = facts  # the inserts of facts blocks
        self.facts_places = facts_places  # where each of them stands
        self.facts_locals = facts_locals  # local variables that they need
        self.locals = locals  # local variables that a condition, parameter or `enabled` needs
