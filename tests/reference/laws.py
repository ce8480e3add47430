"""What the tests of laws share: how many examples they try, and what sessions look like inside."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass

from hypothesis import HealthCheck, settings

from rete_engine import Fact, FactError, Firing, Session, Waiting
from rete_engine.runtime.crosses import CrossNode
from rete_engine.runtime.memory import TokenBucket
from tests.reference import values
from tests.reference.agreement import Operation

#: Examples for each law. With the variable they are drawn anew in every run, else they are fixed.
EXAMPLES = os.environ.get("RETE_ENGINE_EXAMPLES")


def examples(number: int) -> settings:
    """The settings of a law: so many examples, or as many as the environment says."""
    return settings(
        max_examples=int(EXAMPLES) if EXAMPLES else number,
        derandomize=EXAMPLES is None,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )


@dataclass(frozen=True)
class Memories:
    """How much a session remembers."""

    tokens: int  # partial matches; activations that wait are not counted
    left: int  # of these, how many stand in left memories
    right: int  # places of facts in indexes


def memories(session: Session) -> Memories:
    """What stands in the memories of a session's network."""
    matcher = session._engine.matcher
    left = 0
    for node in matcher.live_nodes:
        if isinstance(node, CrossNode):
            left += length(node.bucket)
    right = 0
    for memory in matcher.alpha_network.rights.values():
        for bucket in memory.buckets.values():
            others = [each for each in bucket.lefts or () if each is not None]
            waiting = length(bucket) + sum(length(each) for each in others)
            assert waiting == bucket.waiting
            left += waiting
            entry = bucket.first
            assert entry is not None or waiting, "an empty bucket is dropped"
            while entry is not None:
                right += 1
                entry = entry.next
    return Memories(matcher.tokens - session._engine.agenda.size, left, right)


def length(bucket: TokenBucket) -> int:
    """How many tokens stand in a bucket."""
    found = 0
    token = bucket.head
    while token is not None:
        found += 1
        token = token.next
    return found


def play(session: Session, script: Iterable[Operation]) -> list[object]:
    """Do what a script says, as far as it is not refused; what was to be seen."""
    seen: list[object] = []
    for operation in script:
        facts = session.facts()
        try:
            match operation:
                case ("insert", str(template), dict(fields)):
                    session.insert(template, **fields)
                case ("insert_many", str(template), list(rows)):
                    session.insert_many(template, rows)
                case ("modify", int(place), dict(fields)) if facts:
                    fact = facts[place % len(facts)]
                    known = {"n", "k", "x"} if fact.template == "E" else fact.as_dict()
                    session.modify(fact, **{n: v for n, v in fields.items() if n in known})
                case ("retract", int(place)) if facts:
                    session.retract(facts[place % len(facts)])
                case ("focus", str(group)) if group in session._compiled.network.groups:
                    session.focus(group)
                case ("switch", int(place)):
                    switch(session, place)
                case ("batch", list(changes)):
                    seen += play(session, changes)
                case ("step",):
                    seen += run(session, 1)
                case ("run", int(limit)):
                    seen += run(session, limit)
        except FactError as error:
            seen.append(str(error))
    return seen


def switch(session: Session, place: int) -> None:
    """Turn a rule on, or off, whichever it is not."""
    rules = session._compiled.network.rules
    rule = rules[place % len(rules)]
    if rule.number in session._engine.agenda.disabled:
        session.enable(rule.name)
    else:
        session.disable(rule.name)


def run(session: Session, limit: int) -> list[object]:
    """Run; what fired and what was told."""
    result = session.run(limit=limit, trace=True)
    return [
        *map(by_number, result.firings),
        *map(values.canonical, result.outputs),
        *map(str, result.errors),
        result.stopped,
    ]


def by_number(seen: Firing | Waiting) -> object:
    """A match by the numbers of its facts."""
    bindings = [(name, number_of(value)) for name, value in seen.bindings.items()]
    return (seen.rule, tuple(fact.fact_id for fact in seen.facts), tuple(bindings))


def number_of(value: object) -> object:
    if isinstance(value, Fact):
        return ("fact", value.fact_id)
    if isinstance(value, list):  # of facts that were collected
        return ("list", *map(number_of, value))
    return values.canonical(value)


def by_content(seen: Firing | Waiting) -> object:
    """A match by what its facts say: equal facts are not told apart."""
    facts = sorted(repr(content_of(fact)) for fact in seen.facts)
    bindings = [(name, content_of(value)) for name, value in seen.bindings.items()]
    return (seen.rule, tuple(facts), tuple(bindings))


def content_of(value: object) -> object:
    if isinstance(value, Fact):
        return (value.template, values.canonical(value.as_dict()))
    if isinstance(value, list):
        # In no order: what `collect` gathers comes in that of the inserts, which laws change.
        return ("list", *sorted(map(content_of, value), key=repr))
    return values.canonical(value)


def waiting(session: Session) -> list[Waiting]:
    """The agenda."""
    return session.agenda(limit=None)
