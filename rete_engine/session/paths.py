"""The order in which the conditions of a rule are joined, by what, and why, for people.

The network holds the order, and which patterns are joined last because rules change what they
read. Why a condition stands where it does is told from these when somebody asks, in the words of
the planner's laws (see `compiler.plan`): ten thousand rules cost nothing for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from rete_engine.expressions.reads import CurrentRecord
from rete_engine.network.accumulates import AccumulateSpec, MemberSpec
from rete_engine.network.alphas import Test
from rete_engine.network.network import Network
from rete_engine.network.nodes import (
    BranchingSpec,
    ComputeSpec,
    CrossSpec,
    ExistsSpec,
    FirstSpec,
    JoinSpec,
    NodeSpec,
    PartnerSpec,
    ProductionSpec,
    RightInputSpec,
    TestSpec,
)
from rete_engine.network.picture import describe_alpha, describe_node
from rete_engine.network.rules import PatternUse

_FIELD = re.compile(r"\.(\d+)")


@dataclass(frozen=True, slots=True)
class PlanStep:
    """What a match goes through: a condition of a rule, where the planner has put it.

    Attributes:
        text: What is done.
        reason: Why it is done here.
        written: Of a pattern of its own, which one it is of the rule's, as written, from 1. Facts
            that conditions read through a reference count as patterns. None for what is no pattern,
            or stands inside of another condition.
        keys: The fields by which the facts are looked up.
        keeps_matches: Whether matches of what stands before it wait there. Those of a first pattern
            and of tests go straight on.
        node: The number of the node in the network; rules that begin alike share nodes.
        inside: The steps of what is joined apart or stands inside of the condition, by alternative.
    """

    text: str
    reason: str
    written: int | None
    keys: tuple[str, ...]
    keeps_matches: bool
    node: int
    inside: tuple[tuple[PlanStep, ...], ...]


@dataclass(frozen=True, slots=True)
class PlanPath:
    """The way of a rule's matches, or of one of the alternatives of its conditions.

    Attributes:
        steps: What a match goes through.
        node: The number of the node at the end, where matches wait to fire.
    """

    steps: tuple[PlanStep, ...]
    node: int


def plans_of(network: Network) -> dict[str, list[PlanPath]]:
    """The paths of every rule, by its name."""
    found: dict[str, list[PlanPath]] = {rule.name: [] for rule in network.rules}
    for node in network.nodes:
        if isinstance(node, ProductionSpec):
            uses = {use.steps: (n, use) for n, use in enumerate(node.reading.patterns, 1)}
            found[node.rule.name].append(PlanPath(_steps(node, None, uses), node.number))
    return found


def reasons_of(network: Network) -> dict[int, str]:
    """Why the nodes of the rules stand where they do, by number; of shared ones as of the first."""
    found: dict[int, str] = {}
    waiting = [
        step for paths in plans_of(network).values() for path in paths for step in path.steps
    ]
    for step in waiting:  # grows by what is inside
        found.setdefault(step.node, step.reason)
        waiting.extend(inner for branch in step.inside for inner in branch)
    return found


#: The patterns of a rule, each with its place as written, by how far up a match their facts stand.
_Uses = Mapping[int, tuple[int, PatternUse]]


def _steps(
    end: NodeSpec, begin: NodeSpec | None, uses: _Uses, up: int = 0, apart: bool = False
) -> tuple[PlanStep, ...]:
    """The steps between two nodes; `up` is where the last item of the match stands."""
    steps: list[PlanStep] = []
    behind: list[int] = []  # the patterns that are joined behind the step, as written
    control: list[int] = []  # those of them that are there because rules change them
    node = end.parent
    while node is not None and node is not begin and node.parent is not None:
        inside = _inside(node, uses, up)
        written, changed = None, _changed(node, uses, up)
        if isinstance(node, (FirstSpec, JoinSpec)) and up in uses:
            written = uses[up][0]
        ahead_of = sorted(each for each in behind if written is not None and each < written)
        reason = _reason(node, ahead_of, [] if apart else changed, control)
        keeps = not isinstance(node, (FirstSpec, TestSpec))
        text, keys = _text(node, inside), _keys(node)
        steps.append(PlanStep(text, reason, written, keys, keeps, node.number, inside))
        added = [written, *(each.written for branch in inside for each in branch)]
        behind += [each for each in added if each is not None]
        control += [each for each in added if each is not None and changed]
        up += _items(node)
        node = node.parent
    return tuple(reversed(steps))


def _inside(node: NodeSpec, uses: _Uses, up: int) -> tuple[tuple[PlanStep, ...], ...]:
    """The steps that a step consists of."""
    if isinstance(node, CrossSpec):
        return (_steps(node.adapter, None, uses, up, apart=True),)
    if isinstance(node, BranchingSpec):
        return tuple(_steps(end, node, {}) for end in _ends(node))
    return ()


def _ends(branching: BranchingSpec) -> list[NodeSpec]:
    """The ends of a branch, one for each alternative, in their order."""
    found: list[NodeSpec] = []
    left = branching.branch[::-1]
    while left:
        node = left.pop()
        if isinstance(node, (PartnerSpec, MemberSpec)):
            found.append(node)
        left.extend(reversed(node.children))
    return found


def _items(node: NodeSpec) -> int:
    """How many items a node adds to a match."""
    if isinstance(node, CrossSpec):
        return 1 + node.adapter.length
    if isinstance(node, AccumulateSpec):
        return 2 if node.grouped else 1
    return 0 if isinstance(node, TestSpec) else 1


def _changed(node: NodeSpec, uses: _Uses, up: int) -> list[str]:
    """What rules change of the facts of a step that is joined last for it."""
    if isinstance(node, JoinSpec):
        names = uses[up][1].changed if up in uses else ()
        return [f"{node.right.alpha.template.name}.{name}" for name in names]
    found: list[str] = []
    if isinstance(node, CrossSpec):
        inner = node.adapter.parent
        while inner is not None and inner.parent is not None:
            names = uses[up][1].changed if up in uses else ()
            if isinstance(inner, FirstSpec):
                found += [f"{inner.alpha.template.name}.{name}" for name in names]
            else:
                found += _changed(inner, uses, up)
            up += _items(inner)
            inner = inner.parent
    return sorted(set(found))


# -- in words ------------------------------------------------------------------------------------


def _reason(
    node: NodeSpec, ahead_of: list[int], changed: list[str], control: Collection[int]
) -> str:
    """Why a node stands where it does.

    Args:
        node: The node.
        ahead_of: The patterns, as written, that are written before its own and joined behind it.
        changed: Those fields for which its own pattern is joined last.
        control: The patterns that are joined behind it because rules change them.
    """
    selected = [each for each in ahead_of if each not in control]
    named = selected or ahead_of
    patterns = f"pattern{'s' if len(named) > 1 else ''} {_listed(named)}"
    if isinstance(node, FirstSpec):
        if selected:
            return f"the most selective of those that keys join, so it is ahead of {patterns}"
        return "first of those that rules do not change" if ahead_of else "first as written"
    if isinstance(node, CrossSpec):
        return f"rules change {_listed(changed)}, and there is no key: joined apart, and last"
    if isinstance(node, JoinSpec):
        if node.right.key:
            most = ", and it is the most selective of such" if selected else ""
            before = f", so it is ahead of {patterns}" if ahead_of else ""
            return f"its key is known{most}{before}"
        if changed:
            return f"rules change {_listed(changed)}, and there is no key: joined last"
        following = "the next as written"
        if selected:
            following = f"the most selective that keys join, so it is ahead of {patterns}"
        elif ahead_of:
            following = "the next that rules do not change"
        return f"no pattern that is left has a key: {following}"
    if isinstance(node, TestSpec):
        return "asked as soon as all that it reads is there"
    if isinstance(node, ComputeSpec):
        return "computed when all that is written before it is joined"
    if isinstance(node, AccumulateSpec) and node.parent is not None and node.parent.parent is None:
        return "reads no other condition: computed once for all matches"
    if control:
        return "asked before what rules change is joined"
    return "asked when all that is written before it is joined"


def _listed(each: Sequence[object]) -> str:
    """Things in a row: `a`, `a and b`, `a, b and c`."""
    words = [str(one) for one in each]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _keys(node: NodeSpec) -> tuple[str, ...]:
    """The fields by which a node looks facts up; a reference leads to the fact itself."""
    if not isinstance(node, RightInputSpec):
        return ()
    names = {index: name for name, index in node.right.alpha.template.positions.items()}
    return tuple(
        "the fact itself"
        if isinstance(each, CurrentRecord)
        else _FIELD.sub(lambda found: names[int(found[1])], each.key())
        for each in node.right.key
    )


def _text(node: NodeSpec, inside: tuple[tuple[PlanStep, ...], ...]) -> str:
    """What a node does."""
    if isinstance(node, FirstSpec):
        return describe_alpha(node.alpha)
    if isinstance(node, RightInputSpec):
        word = "join"
        if isinstance(node, ExistsSpec):
            word = "not" if node.negated else "exists"
        keys = _keys(node)
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
        apart = "; ".join(step.text for step in inside[0])
        return f"join what is joined apart ({apart})" + (f" where {tests}" if tests else "")
    return describe_node(node)


def _texts(tests: Iterable[Test]) -> str:
    """Tests as they were written."""
    return ", ".join(test.origins[0].text.removeprefix("test ") for test in tests)
