"""Transitive closure: which nodes of a directed graph can be reached from which.

Every pair is inserted once, guarded by a `not`: so there are as many firings as pairs, whatever
the order in which the rules fire. Of a chain of n edges they are n (n + 1) / 2; the random graph
has two edges for each node and a cycle here and there.

The answers are known by other ways than any engine takes, the program in plain Python included:
that of the chain by what a chain is, that of the graph by Warshall's algorithm on rows of bits
(S. Warshall, *A Theorem on Boolean Matrices*, 1962).
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


def check_chain(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Each node of a chain reaches all that come after it."""
    size = len(dict(batches)["Edge"])
    compare(outcome, [(a, b) for a in range(size) for b in range(a + 1, size + 1)])


def check_graph(batches: Sequence[Batch], outcome: Outcome) -> None:
    """Warshall: who reaches a node reaches all that it reaches, taken node by node."""
    edges = [(row["source"], row["target"]) for row in dict(batches)["Edge"]]
    size = 1 + max(map(max, edges))
    rows = [0] * size  # of each node: the bits of those that it reaches
    for source, target in edges:
        rows[source] |= 1 << target
    for middle in range(size):
        for source in range(size):
            if rows[source] >> middle & 1:
                rows[source] |= rows[middle]
    nodes = range(size)
    compare(outcome, [(a, b) for a in nodes for b in nodes if rows[a] >> b & 1])


def compare(outcome: Outcome, expected: list[tuple[int, int]]) -> None:
    """Compare the pairs that were found with sorted ones."""
    pairs = sorted((row["source"], row["target"]) for row in outcome.facts["Reach"])
    expect(pairs == expected, f"{len(pairs)} pairs, not the {len(expected)} expected")
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
        check=check_chain,
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
        check=check_graph,
        results=("Reach",),
    ),
)
