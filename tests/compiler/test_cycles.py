"""Which nodes of a graph lie on a cycle."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rete_engine.compiler.cycles import on_cycles

NODES = range(6)


def reached(after: dict[int, set[int]], start: int) -> set[int]:
    """All that a node leads to, found plainly."""
    found: set[int] = set()
    todo = [start]
    while todo:
        for other in after[todo.pop()] - found:
            found.add(other)
            todo.append(other)
    return found


@given(st.fixed_dictionaries({node: st.sets(st.sampled_from(NODES)) for node in NODES}))
def test_a_node_is_on_a_cycle_if_it_leads_to_another_one_that_leads_to_it(
    graph: dict[int, set[int]],
) -> None:
    leads = {node: reached(graph, node) for node in NODES}
    expected = {n for n in NODES if any(n in leads[m] for m in leads[n] - {n})}
    assert on_cycles(graph) == expected


def test_long_ways_need_no_recursion_and_no_second_look() -> None:
    size = 200_000
    chain = {node: [node + 1] for node in range(size)}
    assert on_cycles({**chain, size: []}) == set()
    assert len(on_cycles({**chain, size: [0]})) == size + 1
