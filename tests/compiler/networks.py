"""The network of a rule set, told in the words of its nodes."""

from __future__ import annotations

from textwrap import dedent

from rete_engine import RuleSet, Session
from rete_engine.network.network import Network
from rete_engine.network.nodes import NodeSpec, ProductionSpec

TEMPLATES = """
template A
    k: int = 0
    x: int = 0
    s: str = ""
end
template B
    k: int = 0
    x: int = 0
    s: str = ""
end
template C
    i: int = 0
    j: int = 0
end
"""


def rules_of(*whens: str, extra: str = "", then: str | None = None) -> RuleSet:
    """A rule set over the templates above: for each `when` a rule that emits its number."""
    texts = [
        f'rule "r{number}"\nwhen\n{dedent(when)}\nthen\n    {then or f"emit {number}"}\nend\n'
        for number, when in enumerate(whens)
    ]
    return RuleSet.parse(TEMPLATES + dedent(extra) + "".join(texts))


def network_of(rules: RuleSet) -> Network:
    return rules._compiled.network


def path_of(rules: RuleSet, rule: str = "r0") -> list[str]:
    """What the nodes on the way to a rule do, the first one first."""
    return paths_of(rules, rule)[0]


def paths_of(rules: RuleSet, rule: str = "r0") -> list[list[str]]:
    """The same for each of a rule's readings."""
    paths: list[list[str]] = []
    for end in network_of(rules).nodes:
        if isinstance(end, ProductionSpec) and end.rule.name == rule:
            node: NodeSpec | None = end.parent  # without the rule
            found: list[str] = []
            while node is not None:
                found.append(node.describe())
                node = node.parent
            paths.append(found[::-1])
    return paths


def tokens(session: Session) -> int:
    """The partial matches and activations that a session holds."""
    return session._engine.matcher.tokens
