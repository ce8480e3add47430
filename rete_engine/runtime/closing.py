"""The end of a session: what points in circles is cut, so that nothing waits for the collector."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from rete_engine.runtime.activations import Deferred, LeftToken
from rete_engine.runtime.crosses import AdapterNode, CrossNode
from rete_engine.runtime.memory import Element, RightToken, Token, collect

if TYPE_CHECKING:
    from rete_engine.runtime.matcher import Matcher


def take_apart(matcher: Matcher, elements: list[Element], tokens: list[Token]) -> None:
    """Cut what points in circles, so that nothing is left for the collector.

    Tokens know their parents and their parents know them; entries and buckets, and nodes and
    the matcher likewise. The facts given are all that are live; they keep their values. The
    tokens are those of the agenda; every other one is found here by a list it stands in.
    """
    for element in elements:
        entry = element.entries
        element.entries = None
        while entry is not None:
            guard: Token | None = entry.blocked
            while guard is not None:
                tokens.append(guard)
                guard = guard.next
            entry.blocked = None
            entry.next = None
            entry.previous = None
            entry.bucket.first = None
            entry.bucket.last = None
            entry = entry.sibling
        token = element.tokens
        element.tokens = None
        while token is not None:
            tokens.append(token)
            token = token.element_next
    for node in matcher.live_nodes:
        if isinstance(node, CrossNode):
            collect(node.bucket, tokens)
        elif isinstance(node, AdapterNode):
            collect(node.memory, tokens)
            node.crosses.clear()
    for memory in matcher.alpha_network.rights.values():
        for bucket in memory.buckets.values():
            collect(bucket, tokens)
            if bucket.lefts is not None:
                for left in bucket.lefts:
                    if left is not None:
                        collect(left, tokens)
                bucket.lefts = None
        memory.nodes.clear()
        memory.buckets.clear()
    if matcher.loose:
        tokens.extend(matcher.loose)
        matcher.loose.clear()
    if tokens:
        cut(tokens)
    matcher.live_nodes.clear()
    if matcher.adapters:
        matcher.adapters.clear()
    network = matcher.alpha_network
    network.soles.close()
    network.alphas.clear()
    network.rests.clear()
    if network.rights:
        network.rights.clear()
    # Mostly there is none of these; a session for each request is closed as often as opened.
    if matcher.failures or matcher.query_failures or matcher.news:
        matcher.failures.clear()
        matcher.query_failures.clear()
        matcher.news.clear()
    network.forget()
    if matcher.unsettled.waiting:
        matcher.unsettled.clear()
    matcher.truth = None
    matcher.frame.link = None
    matcher.frame.record = None
    matcher.tokens = 0


def cut(tokens: list[Token]) -> None:
    """Take the trees apart that tokens belong to, when their session ends.

    It cuts the lists that they stand in too, so all must have been collected before.
    """
    for start in tokens:
        token = start
        parent = cast("Token | None", token.parent)
        while parent is not None:
            token = parent
            parent = cast("Token | None", token.parent)
        left = [token]
        while left:
            token = left.pop()
            child = token.child
            while child is not None:
                left.append(child)
                child = child.sibling_next
            token.is_live = False
            if isinstance(token, Deferred):
                token.cursor = None
                token.before = None
                token.after = None
            elif isinstance(token, LeftToken):
                token.next_to_meet = None
            elif isinstance(token, RightToken):
                token.tokens = None
                token.facts.clear()
            token.parent = None
            token.bucket = None
            token.next = None
            token.previous = None
            token.child = None
            token.sibling_next = None
            token.sibling_previous = None
            token.element_next = None
            token.element_previous = None
