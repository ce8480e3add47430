"""The network as a picture, in the text formats of Mermaid and Graphviz."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rete_engine.network.accumulates import MemberSpec
from rete_engine.network.alphas import AlphaSpec
from rete_engine.network.network import Network
from rete_engine.network.nodes import (
    AnswerSpec,
    BranchingSpec,
    CrossSpec,
    FirstSpec,
    NodeSpec,
    PartnerSpec,
    ProductionSpec,
    RightInputSpec,
)


def to_mermaid(network: Network, reasons: Mapping[int, str]) -> str:
    """A Mermaid flowchart: facts enter at the top, rules stand at the end.

    Below what a node does stands why it is there, as far as it is known, by the node's number.
    """
    lines = ["flowchart TD"]
    for name, label, shape in _boxes(network, reasons):
        left, right = {"rule": ("([", "])"), "alpha": ("[/", "/]")}.get(shape, ("[", "]"))
        text = label.replace('"', "#quot;").replace("\n", "<br>")
        lines.append(f'    {name}{left}"{text}"{right}')
    lines.extend(f"    {a} {'-.->' if dashed else '-->'} {b}" for a, b, dashed in _arrows(network))
    return "\n".join(lines) + "\n"


def to_dot(network: Network, reasons: Mapping[int, str]) -> str:
    """A Graphviz digraph: facts enter at the top, rules stand at the end. See `to_mermaid`."""
    lines = ["digraph network {", "    node [shape=box, fontname=Helvetica];"]
    for name, label, shape in _boxes(network, reasons):
        text = label.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        style = {"rule": ", shape=ellipse", "alpha": ", shape=parallelogram"}.get(shape, "")
        lines.append(f'    {name} [label="{text}"{style}];')
    for a, b, dashed in _arrows(network):
        lines.append(f"    {a} -> {b}{' [style=dashed]' if dashed else ''};")
    return "\n".join([*lines, "}"]) + "\n"


def describe_alpha(alpha: AlphaSpec) -> str:
    """What an alpha spec asks of a fact."""
    names = {index: name for name, index in alpha.template.positions.items()}
    parts = [f"{names[index]} == {key!r}" for index, key in alpha.constants]
    parts += [test.origins[0].text for test in alpha.tests]
    return f"{alpha.template.name}({', '.join(parts)})"


def describe_node(node: NodeSpec) -> str:
    """What a node does, in the words of the rules."""
    if isinstance(node, ProductionSpec):
        return node.rule.name
    return node.describe()


def _boxes(network: Network, reasons: Mapping[int, str]) -> Iterator[tuple[str, str, str]]:
    """Name, label and kind of everything in the picture."""
    for template in network.templates:
        yield f"t{template.number}", template.name, "template"
    for query in network.queries:
        yield f"t{query.arguments.number}", query.arguments.name, "template"
    for alpha in network.alphas:
        yield f"a{alpha.number}", describe_alpha(alpha), "alpha"
    for node in network.nodes:
        if node is not network.root and not isinstance(node, FirstSpec):
            is_end = isinstance(node, (ProductionSpec, AnswerSpec))
            shape = "rule" if is_end else "node"
            reason = reasons.get(node.number)
            more = "" if reason is None else f"\n{reason}"
            yield f"n{node.number}", f"{describe_node(node)}{more}", shape


def _arrows(network: Network) -> Iterator[tuple[str, str, bool]]:
    """From, to, and whether facts (not matches) go that way."""
    for alpha in network.alphas:
        yield f"t{alpha.template.number}", f"a{alpha.number}", True
    for node in network.nodes:
        if isinstance(node, RightInputSpec):
            yield f"a{node.right.alpha.number}", f"n{node.number}", True
        if isinstance(node, CrossSpec):
            yield f"n{node.adapter.number}", f"n{node.number}", True
        if isinstance(node, FirstSpec):
            for child in node.children:
                yield f"a{node.alpha.number}", f"n{child.number}", False
            continue
        if node is network.root:
            continue
        children = node.children
        if isinstance(node, BranchingSpec):
            children = [*node.branch, *children]
        for child in children:
            yield f"n{node.number}", f"n{child.number}", False
        if isinstance(node, (PartnerSpec, MemberSpec)):
            owner = node.parent
            while owner is not None and not (
                isinstance(owner, BranchingSpec) and _holds(owner, node)
            ):
                owner = owner.parent
            if owner is not None:
                yield f"n{node.number}", f"n{owner.number}", True


def _holds(group: BranchingSpec, partner: PartnerSpec | MemberSpec) -> bool:
    """Whether a partner ends a group's branch (and not that of a group within it)."""
    nodes = list(group.branch)
    while nodes:
        node = nodes.pop()
        if node is partner:
            return True
        nodes.extend(node.children)
    return False
