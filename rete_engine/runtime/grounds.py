"""What a match leans on, and which derived facts lean on a fact: walks over tokens.

A match leans on the facts of its patterns, on one fact for each `exists` of a pattern, and on one
match of the branch for each `exists` over a conjunction, and for an accumulate on as many of its
members as make the result. A `not` leans on nothing.
"""

from __future__ import annotations

from typing import cast

from rete_engine.network.nodes import FirstSpec, JoinSpec, NodeSpec, TestSpec
from rete_engine.runtime.accumulate import (
    AccumulateNode,
    GroupedToken,
    MemberToken,
    TallyToken,
)
from rete_engine.runtime.activations import Activation
from rete_engine.runtime.guards import ExistsNode, FoundToken, GroupNode, GroupToken, GuardToken
from rete_engine.runtime.memory import Element, RightToken, Token


def is_matched(token: Token) -> bool:
    """Whether the item of a token is a fact that a pattern matched, and not just a value."""
    if not isinstance(token.item, Element) or isinstance(token, GroupedToken):
        return False
    source: NodeSpec | None = token.node.spec.parent
    while isinstance(source, TestSpec):
        source = source.parent
    return isinstance(source, (FirstSpec, JoinSpec))


def is_negated(token: Token) -> bool:
    """Whether a guard or a group is one of a `not`."""
    node = token.node
    return cast(ExistsNode | GroupNode, node).negated


def right_of(token: Token) -> RightToken | None:
    """The match of a right sub-network that a token adds, if it is one."""
    item = token.item
    return item if isinstance(item, RightToken) else None


def found_for(group: GroupToken) -> list[FoundToken]:
    """The matches of a group's branch."""
    found: list[FoundToken] = []
    left: list[Token] = []
    push_children(group, left, of_branch=True)
    while left:
        token = left.pop()
        if isinstance(token, FoundToken):
            if token.owner is group:
                found.append(token)
            continue
        push_children(token, left, of_branch=False)
    return found


def members_of(tally: TallyToken) -> list[MemberToken]:
    """The members that a result was accumulated over."""
    owner = owner_of(tally)
    found: list[MemberToken] = []
    left: list[Token] = []
    push_children(owner, left, of_branch=True)
    while left:
        token = left.pop()
        if isinstance(token, MemberToken):
            if token.holder is tally:
                found.append(token)
        else:
            push_children(token, left, of_branch=False)
    return found


def owner_of(tally: TallyToken) -> Token:
    """The match that a result is for."""
    return cast(Token, tally.parent) if isinstance(tally, GroupedToken) else tally


def is_tallied(token: Token) -> bool:
    """Whether a token has a result of members that may be derived."""
    if not isinstance(token, TallyToken) or token.tally is None:
        return False
    return cast(AccumulateNode, token.node).leans


def push_children(token: Token, stack: list[Token], of_branch: bool) -> None:
    """Add the tokens that extend a token: those of a group's own branch, or the others."""
    child = token.child
    while child is not None:
        # (A group of an accumulate stands below the accumulate's token, but in no branch of it.)
        is_of_branch = child.node.of_branch and not isinstance(child, GroupedToken)
        if is_of_branch == of_branch:
            stack.append(child)
        child = child.sibling_next


def supported_by(element: Element) -> list[Element]:
    """The facts with a support that leans on a fact; one may stand in the list twice."""
    stack: list[Token] = []
    token = element.tokens
    while token is not None:
        if token.node.spec.supports:
            stack.append(token)
        token = token.element_next
    entry = element.entries
    while entry is not None:
        guard: Token | None = entry.blocked
        while guard is not None:
            if guard.node.spec.supports and not is_negated(guard):
                push_children(guard, stack, of_branch=False)
            guard = guard.next
        entry = entry.sibling
    return supported_below(stack)


def supported_below(stack: list[Token]) -> list[Element]:
    """The facts that the activations below some tokens support; the stack is used up."""
    found: list[Element] = []
    for activation in activations_below(stack):
        if activation.supports is not None:
            found.extend(activation.supports)
    return found


def activations_below(stack: list[Token], ending: bool = False) -> list[Activation]:
    """The activations that lean on some tokens; the stack is used up.

    With `ending`, those that end with the tokens: what an accumulate loses may leave its result.
    """
    found: list[Activation] = []
    groups: dict[Token, None] = {}
    while stack:
        token = stack.pop()
        if isinstance(token, Activation):
            found.append(token)
        elif isinstance(token, FoundToken):
            owner = token.owner
            if owner not in groups and not is_negated(owner):
                groups[owner] = None
                push_children(owner, stack, of_branch=False)
        elif isinstance(token, MemberToken):
            holder = token.holder
            if not ending and holder is not None and holder not in groups:
                groups[holder] = None
                push_children(holder, stack, of_branch=False)
        elif isinstance(token, RightToken):
            made = token.tokens
            while made is not None:
                stack.append(made)
                made = made.element_next
        else:
            push_children(token, stack, of_branch=False)
    return found


def grounds_of(match: Token, end: Token | None) -> list[Element]:
    """All facts that a match, from a token up to another, may lean on."""
    found: list[Element] = []
    token: Token | None = match
    while token is not end:
        assert token is not None
        if is_matched(token):
            found.append(cast(Element, token.item))
        right = right_of(token)
        if right is not None:
            found.extend(grounds_of(right, None))
        if isinstance(token, GuardToken):
            if not is_negated(token):
                found.extend([e.element for e in cast(ExistsNode, token.node).agreeing(token)])
        elif isinstance(token, GroupToken) and not is_negated(token):
            for one in found_for(token):
                found.extend(grounds_of(one, token))
        elif is_tallied(token):
            tally = cast(TallyToken, token)
            for member in members_of(tally):
                found.extend(grounds_of(member, owner_of(tally)))
        token = cast("Token | None", token.parent)
    return found
