"""Transitive closure: which nodes of a directed graph can be reached from which.

Every pair is inserted once, guarded by a `not`: so there are as many firings as pairs, whatever
the order in which the rules fire. Of a chain of n edges they are n (n + 1) / 2; the random graph
has two edges for each node and a cycle here and there.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from benchmarks.workload import Batch, Outcome, Workload, always, expect

RULES = """
template Edge
    source: int
    target: int
end

template Reach
    source: int
    target: int
end

rule "an edge"
when
    e := Edge()
    not Reach(source == e.source, target == e.target)
then
    insert Reach(source = e.source, target = e.target)
end

rule "one edge further"
when
    r := Reach()
    e := Edge(source == r.target)
    not Reach(source == r.source, target == e.target)
then
    insert Reach(source = r.source, target = e.target)
end
"""

CLIPS = """
(deftemplate Edge (slot source) (slot target))
(deftemplate Reach (slot source) (slot target))

(defrule an-edge
    (Edge (source ?from) (target ?to))
    (not (Reach (source ?from) (target ?to)))
    =>
    (assert (Reach (source ?from) (target ?to))))

(defrule one-edge-further
    (Reach (source ?from) (target ?middle))
    (Edge (source ?middle) (target ?to))
    (not (Reach (source ?from) (target ?to)))
    =>
    (assert (Reach (source ?from) (target ?to))))
"""


def chain(size: int) -> list[Batch]:
    """So many edges, one after another."""
    return [("Edge", [{"source": node, "target": node + 1} for node in range(size)])]


def graph(size: int) -> list[Batch]:
    """So many nodes and twice as many edges, none of them twice and none to its own node."""
    if size < 3:
        raise ValueError(f"a graph of {size} nodes has fewer than {2 * size} edges")
    rng = random.Random(1)
    edges: dict[tuple[int, int], None] = {}  # in the order in which they were drawn
    while len(edges) < 2 * size:
        source, target = rng.randrange(size), rng.randrange(size)
        if source != target:
            edges[source, target] = None
    return [("Edge", [{"source": source, "target": target} for source, target in edges])]


def check(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Walk the graph from each of its nodes."""
    after: dict[int, list[int]] = {}
    for row in dict(batches)["Edge"]:
        after.setdefault(row["source"], []).append(row["target"])
    expected: list[tuple[int, int]] = []
    for start in after:
        reached: set[int] = set()
        waiting = list(after[start])
        while waiting:
            node = waiting.pop()
            if node not in reached:
                reached.add(node)
                waiting += after.get(node, ())
        expected += [(start, node) for node in reached]
    pairs = sorted((row["source"], row["target"]) for row in outcome.facts["Reach"])
    expect(pairs == sorted(expected), f"{len(pairs)} pairs, not the {len(expected)} expected")
    expect(outcome.fired == len(expected), f"{outcome.fired} firings, not {len(expected)}")


WORKLOADS = (
    Workload(
        name="closure_chain",
        title="Transitive closure of a chain",
        sizes=(100, 1_000),
        smallest=10,
        size_means="edges",
        rules=always(RULES),
        peers={"clips": always(CLIPS)},
        facts=chain,
        check=check,
        results=("Reach",),
    ),
    Workload(
        name="closure_graph",
        title="Transitive closure of a random graph with two edges for each node",
        sizes=(50, 500),
        smallest=10,
        size_means="nodes",
        rules=always(RULES),
        peers={"clips": always(CLIPS)},
        facts=graph,
        check=check,
        results=("Reach",),
    ),
)
