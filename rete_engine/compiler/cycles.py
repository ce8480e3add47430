"""Which nodes of a graph lie on a cycle, in time proportional to its edges."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TypeVar

T = TypeVar("T")


def on_cycles(after: Mapping[T, Collection[T]]) -> set[T]:
    """The nodes from which a way over another one leads back to them.

    They are those of the strongly connected components of more than one node, found by
    R. Tarjan's walk (*Depth-first search and linear graph algorithms*, 1972), without recursion.

    Args:
        after: The nodes that each node leads to. All nodes are keys.

    Example:
        >>> sorted(on_cycles({"a": "b", "b": "cd", "c": "b", "d": ""}))
        ['b', 'c']
    """
    found: set[T] = set()
    number: dict[T, int] = {}  # in the order in which nodes are met, until they are done with
    lowest: dict[T, int] = {}  # the number of the first node that a node is known to lead to
    stack: list[T] = []  # the nodes whose component is not complete
    walk: list[tuple[T, Iterator[T]]] = []  # the way to where we are, and where it may go on
    done = len(after)

    def begin(node: T) -> None:
        number[node] = lowest[node] = len(number)
        stack.append(node)
        walk.append((node, iter(after[node])))

    for root in after:
        if root not in number:
            begin(root)
        while walk:
            node, others = walk[-1]
            for other in others:
                if other not in number:
                    begin(other)
                    break
                lowest[node] = min(lowest[node], number[other])
            else:
                walk.pop()
                if walk:
                    above = walk[-1][0]
                    lowest[above] = min(lowest[above], lowest[node])
                if lowest[node] == number[node]:
                    component = [stack.pop()]
                    while component[-1] != node:
                        component.append(stack.pop())
                    number.update(dict.fromkeys(component, done))
                    if len(component) > 1:
                        found.update(component)
    return found
