"""The live node of each spec: what it does with an arriving match (left) or fact (right).

The nodes are those of Doorenbos's thesis, with hashed memories. One law makes them simple: when
a node is activated, the indexes over facts are already up to date (see `matcher`). So a match
that arrives from the left always sees the present state, and only what waits in memory has to
be told of a change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rete_engine.network.accumulates import AccumulateSpec, MemberSpec
from rete_engine.network.nodes import (
    AdapterSpec,
    AnswerSpec,
    ComputeSpec,
    CrossSpec,
    ExistsSpec,
    FirstSpec,
    GroupSpec,
    JoinSpec,
    NodeSpec,
    PartnerSpec,
    ProductionSpec,
    TestSpec,
)
from rete_engine.runtime.accumulate import AccumulateNode, MemberNode
from rete_engine.runtime.computing import ComputeNode, TestNode
from rete_engine.runtime.crosses import AdapterNode, CrossNode
from rete_engine.runtime.endings import AnswerNode, ProductionNode
from rete_engine.runtime.guards import ExistsNode, GroupNode, PartnerNode
from rete_engine.runtime.joins import FirstNode, JoinNode
from rete_engine.runtime.live_node import LiveNode

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher


def make_node(spec: NodeSpec, matcher: Matcher) -> LiveNode:
    """The live node of a spec."""
    if isinstance(spec, JoinSpec):
        return JoinNode(spec, matcher)
    if isinstance(spec, ProductionSpec):
        return ProductionNode(spec, matcher)
    if isinstance(spec, ExistsSpec):
        return ExistsNode(spec, matcher)
    if isinstance(spec, TestSpec):
        return TestNode(spec, matcher)
    if isinstance(spec, ComputeSpec):
        return ComputeNode(spec, matcher)
    if isinstance(spec, GroupSpec):
        return GroupNode(spec, matcher)
    if isinstance(spec, PartnerSpec):
        return PartnerNode(spec, matcher)
    if isinstance(spec, FirstSpec):
        return FirstNode(spec, matcher)
    if isinstance(spec, AnswerSpec):
        return AnswerNode(spec, matcher)
    if isinstance(spec, AccumulateSpec):
        return AccumulateNode(spec, matcher)
    if isinstance(spec, MemberSpec):
        return MemberNode(spec, matcher)
    if isinstance(spec, CrossSpec):
        return CrossNode(spec, matcher)
    if isinstance(spec, AdapterSpec):
        return AdapterNode(spec, matcher)
    raise AssertionError(spec.describe())
