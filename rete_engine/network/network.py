"""The plan as a whole.

Everything in it is made once, by the compiler, and read by every session; nothing changes after
`Network` is complete.
"""

from __future__ import annotations

from typing import final

from rete_engine.network.alphas import AlphaSpec
from rete_engine.network.nodes import FirstSpec, NodeSpec, ProductionSpec, RootSpec
from rete_engine.network.routes import Route
from rete_engine.network.rules import QuerySpec, RuleSpec
from rete_engine.network.templates import TemplateSpec


@final
class Network:
    """The whole plan."""

    __slots__ = (
        "alphas", "derived", "groups", "locals", "nodes", "queries", "root", "routes", "rules",
        "starts",
        "switched", "templates",
    )  # fmt: skip

    def __init__(
        self,
        templates: tuple[TemplateSpec, ...],
        alphas: tuple[AlphaSpec, ...],
        nodes: tuple[NodeSpec, ...],
        root: RootSpec,
        rules: tuple[RuleSpec, ...],
        queries: tuple[QuerySpec, ...],
        routes: tuple[Route, ...],
        groups: tuple[str, ...],
        locals: int,
        derived: frozenset[int],
    ) -> None:
        self.templates = templates
        self.queries = queries
        self.derived = derived  # numbers of the templates that rules insert logically
        self.routes = routes  # by the template's number, those of queries' arguments too
        self.alphas = alphas
        self.nodes = nodes
        self.root = root
        self.rules = rules
        self.groups = groups  # the names of the agenda groups, by number
        self.locals = locals  # local variables that the conditions need at most
        # What opening a session has to look at, so that it does not look at every rule.
        self.starts = tuple([n for n in root.children if not isinstance(n, FirstSpec)])
        self.switched = tuple([rule for rule in rules if rule.enabled is not None])
        find_soles(alphas)


def find_soles(alphas: tuple[AlphaSpec, ...]) -> None:
    """Tell the alpha specs that lead to one rule, and to nothing else: its pattern is its all.

    Not where the rule inserts logically: there each match is known by its own node.
    """
    for alpha in alphas:
        if len(alpha.firsts) == 1 and not alpha.rights and not alpha.lazy:
            children = alpha.firsts[0].children
            if len(children) == 1:
                end = children[0]
                if isinstance(end, ProductionSpec) and not end.supports:
                    alpha.sole = end.reading
                    alpha.rank = end.rank
