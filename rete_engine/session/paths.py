"""The order in which the conditions of a rule are joined, and by what, for people."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rete_engine.network.alphas import Test
from rete_engine.network.network import Network
from rete_engine.network.nodes import (
    ComputeSpec,
    CrossSpec,
    ExistsSpec,
    FirstSpec,
    NodeSpec,
    ProductionSpec,
    RightInputSpec,
    TestSpec,
)
from rete_engine.network.picture import describe_alpha, describe_node

_FIELD = re.compile(r"\.(\d+)")


def paths_of(network: Network, rule: str) -> list[list[str]]:
    """A path for each alternative of a rule: what it does step by step, as the network does it."""
    ends = [n for n in network.nodes if isinstance(n, ProductionSpec) and n.rule.name == rule]
    return [_path(end) for end in ends]


def _path(end: NodeSpec) -> list[str]:
    steps: list[str] = []
    node = end.parent
    while node is not None and node.parent is not None:
        steps.append(_step(node))
        node = node.parent
    return steps[::-1]


def _step(node: NodeSpec) -> str:
    if isinstance(node, FirstSpec):
        return describe_alpha(node.alpha)
    if isinstance(node, RightInputSpec):
        word = "join"
        if isinstance(node, ExistsSpec):
            word = "not" if node.negated else "exists"
        names = {index: name for name, index in node.right.alpha.template.positions.items()}
        keys = [
            _FIELD.sub(lambda found: names[int(found[1])], each.key()) for each in node.right.key
        ]
        each_with_each = "without a key: each with each"
        by = f"by {', '.join(keys)}" if keys else each_with_each if word == "join" else ""
        tests = _texts(node.tests)
        parts = (word, describe_alpha(node.right.alpha), by, f"where {tests}" if tests else "")
        return " ".join(part for part in parts if part)
    if isinstance(node, TestSpec):
        return f"test {_texts(node.tests)}"
    if isinstance(node, ComputeSpec):
        return f"compute {_texts([node.value])}"
    if isinstance(node, CrossSpec):
        tests = _texts(node.tests)
        apart = "; ".join(_path(node.adapter))
        return f"join what is joined apart ({apart})" + (f" where {tests}" if tests else "")
    return describe_node(node)


def _texts(tests: Iterable[Test]) -> str:
    """Tests as they were written."""
    return ", ".join(test.origins[0].text.removeprefix("test ") for test in tests)
