"""Closing: what still works, what is freed at once, and the collector's thresholds."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pytest

from rete_engine import Fact, RuleExecutionError, RuleSet, Session, SessionError
from rete_engine.runtime.live_node import LiveNode
from rete_engine.runtime.memory import Element, Entry, Token
from rete_engine.session import collector
from rete_engine.session.collector import held_back, hold_back, let_go

TEXT = """
template A
    k: int = 0
    x: int = 0
end
template B
    k: int = 0
    ref: A? = none
end
external function f(x: int) -> int
rule "join"
when
    a := A()
    b := B(k == a.k)
    test f(a.x) >= 0
then
    emit 1
end
rule "guards"
when
    a := A(x >= 0)
    not B(k == a.k + 100)
    exists B(k == a.k)
then
    emit 2
end
rule "groups"
when
    a := A()
    not (B(k == a.k) and A(x == a.x + 100))
    exists (B(k == a.k) and A(x == a.x))
    v := [a.k, a.x]
    for w in v
then
    emit w
end
rule "nothing"
when
then
    emit 3
end
rule "values"
when
    v := 3
    for w in [v, 4]
then
    emit w
end
rule "off"
    enabled false
when
    a := A()
then
    emit 4
end
"""


@dataclass
class Item:
    n: int


RULES = RuleSet.parse(TEXT, templates=[Item])


def opened(**options: Any) -> Session:
    session = RULES.session(functions={"f": abs}, **options)
    for k in range(5):
        a = session.insert("A", k=k, x=k)
        session.insert("B", k=k, ref=a)
    session.insert_many(None, [Item(1), Item(2)])
    return session


# -- what still works ------------------------------------------------------------------------------


def test_every_method_of_a_closed_session_is_refused_but_close() -> None:
    session = opened()
    fact = session.facts()[0]
    session.close()
    session.close()
    uses: list[Callable[[], object]] = [
        lambda: session.insert("A"),
        lambda: session.insert_many("A", []),
        lambda: session.modify(fact, k=1),
        lambda: session.update(fact),
        lambda: session.upsert("A"),
        lambda: session.retract(fact),
        lambda: session.batch().__enter__(),
        lambda: session.on("insert", print),
        lambda: session.enable("join"),
        lambda: session.disable("join"),
        session.facts,
        session.run,
        session.step,
        session.agenda,
        session.reset,
        session.__enter__().run,
    ]
    for use in uses:
        with pytest.raises(SessionError, match="^the session is closed$"):
            use()


def test_a_with_block_closes_also_when_it_fails() -> None:
    with pytest.raises(KeyError), opened() as session:
        raise KeyError
    with pytest.raises(SessionError, match="closed"):
        session.facts()


def test_facts_can_be_read_after_closing() -> None:
    session = opened()
    b = session.facts("B")[0]
    item = session.facts("Item")[0]
    session.close()
    assert (b.k, b.is_live, b.ref.k) == (0, False, 0)
    assert item.object == Item(1)
    assert repr(b) == "B(k=0, ref=<A 1>)"


def test_a_batch_that_is_open_when_its_session_closes_is_refused() -> None:
    session = opened()
    with pytest.raises(SessionError, match="closed"), session.batch() as batch:
        batch.insert("A")
        session.close()


# -- memory ----------------------------------------------------------------------------------------


@contextmanager
def without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def alive(*kinds: type) -> int:
    """How many objects of some kinds there are. (Compiled classes are told by their type too.)"""
    return sum(isinstance(thing, kinds) for thing in gc.get_objects())


KINDS = (Element, Entry, Token, LiveNode, Fact)


@pytest.mark.parametrize("strategy", ["depth", "lex", lambda waiting: waiting.rule])
@pytest.mark.parametrize("runs", [False, True])
def test_closing_frees_everything_without_the_collector(strategy: Any, runs: bool) -> None:
    with without_collector():
        before = alive(*KINDS)
        session = opened(strategy=strategy)
        session.on("retract", print).close()
        if runs:
            session.run(limit=7)
            session.disable("groups")
        assert alive(*KINDS) > before + 100
        session.close()
        assert alive(*KINDS) == before
        gone = weakref.ref(session)
        del session
        assert gone() is None


def test_a_reset_frees_what_was_there_without_the_collector() -> None:
    with without_collector(), opened() as session:
        session.reset()
        before = alive(*KINDS)
        for _ in range(3):
            session.insert_many("A", [{}] * 10)
            session.insert_many("B", [{}] * 10)
            session.run(limit=5)
            session.reset()
            assert alive(*KINDS) == before


def test_retracting_everything_leaves_nothing_behind() -> None:
    with without_collector(), opened() as session:
        session.run()
        for fact in session.facts():
            session.retract(fact)
        del fact
        matcher = session._engine.matcher
        # What stays is the match of nothing with 3 and [3, 4] of the rule 'values', which fired.
        assert matcher.tokens == 2
        assert alive(Element, Entry, Fact) == 0
        assert not any(memory.buckets for memory in matcher.alpha_network.rights.values())


def test_a_session_after_an_error_is_freed_too() -> None:
    def f(x: int) -> int:
        raise ValueError(x)

    with without_collector():
        before = alive(*KINDS)
        session = RULES.session(functions={"f": f})
        session.insert("A")
        session.insert("B")
        with pytest.raises(RuleExecutionError) as caught:
            session.run()
        session.close()
        del caught
        gc.collect()  # an error and the frames of its traceback point at each other
        assert alive(*KINDS) == before


def test_closing_a_large_session_is_no_deep_recursion() -> None:
    rule = 'rule "r"\nwhen\n    A(x := k)\n    B(k == x)\nthen\nend'
    text = TEXT.split("rule", maxsplit=1)[0] + rule
    with RuleSet.parse(text).session(functions={"f": abs}) as session:
        session.insert_many("A", [{"k": n % 7} for n in range(50_000)])
        session.insert("B", k=3)


# -- the collector ---------------------------------------------------------------------------------


def test_the_collector_is_held_back_while_a_session_runs_and_loads() -> None:
    seen: list[int] = []

    def f(x: int) -> int:
        seen.append(gc.get_threshold()[0])
        return x

    before = gc.get_threshold()
    with RULES.session(functions={"f": f}) as session:
        session.insert("B")
        session.insert_many("A", [{}])
        assert gc.get_threshold() == before
        session.insert("A")
        assert seen[0] > before[0]
        assert seen[1] == before[0]


def test_many_single_inserts_hold_it_back_until_the_next_run() -> None:
    before = gc.get_threshold()
    with opened() as session:
        for _ in range(1000):
            session.insert("Item", n=1)
        assert gc.get_threshold() > before
        session.run()
        assert gc.get_threshold() == before
        for _ in range(1000):
            session.insert("Item", n=1)
        assert gc.get_threshold() > before
    assert gc.get_threshold() == before


class Cycle:
    """Garbage that only the collector finds."""

    def __init__(self, gone: list[int], number: int) -> None:
        self.itself = self
        self.gone = gone
        self.number = number

    def __del__(self) -> None:
        self.gone.append(self.number)


def test_garbage_of_the_program_is_found_while_a_run_goes_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collector, "SUSPECT", 5_000)
    gone: list[int] = []
    seen: list[int] = []

    def f(x: int) -> int:
        Cycle(gone, x)
        [Cycle(gone, x) for _ in range(9)]
        seen.append(len(gone))
        return x

    text = """
        template A
            k: int = 0
        end
        external function f(x: int) -> int
        rule "count"
        when
            a := A(k < 5000)
        then
            f(a.k)
            modify a(k = a.k + 1)
        end
        """
    with RuleSet.parse(text).session(functions={"f": f}) as session:
        session.insert("A")
        assert session.run().fired == 5_000
    assert max(here - kept for here, kept in zip(range(0, 50_000, 10), seen, strict=True)) < 15_000


def test_garbage_of_the_program_is_found_while_it_inserts_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collector, "SUSPECT", 5_000)
    gone: list[int] = []
    with opened() as session:
        for number in range(20_000):
            [Cycle(gone, number) for _ in range(20)]
            session.insert("Item", n=number)
        assert len(gone) > 200_000


def garbage_after(loads: int, monkeypatch: pytest.MonkeyPatch) -> int:
    """What is left of garbage that a program makes before each of many loads."""
    monkeypatch.setattr(collector, "UNSEEN", 20_000)
    monkeypatch.setattr(collector, "MANY_YOUNG", 1_000)
    gone: list[int] = []
    gc.collect()
    for number in range(loads):
        [Cycle(gone, number) for _ in range(300)]
        with opened() as session:
            session.insert_many("Item", [{"n": n} for n in range(2_000)])
    return loads * 300 - len(gone)


def test_garbage_that_is_moved_with_what_a_session_holds_is_found_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert garbage_after(100, monkeypatch) < 20_000 <= 100 * 300


def test_a_finalizer_may_use_the_library_in_the_midst_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collector, "UNSEEN", 10)
    before = gc.get_threshold()
    numbers: list[int] = []
    stuck: list[bool] = []

    class Reader:
        def __init__(self) -> None:
            self.itself = self

        def __del__(self) -> None:
            held = threading.Thread(target=lambda: RuleSet.parse("rule 'q'\nwhen\nthen\nend"))
            held.start()
            held.join(30)  # no lock is held meanwhile
            stuck.append(held.is_alive())
            with opened() as session:
                numbers.append(session.insert_many("Item", [{"n": n} for n in range(20_000)]))

    rows = [{"n": n} for n in range(20_000)]
    with opened() as session, held_back():
        session.insert_many("Item", rows)
        kept = [[] for _ in range(200_000)]  # type: ignore[var-annotated]
        Reader()
    assert len(kept) == 200_000
    assert 20_000 in numbers
    assert stuck == [False]
    assert gc.get_threshold() == before


def test_a_load_of_single_inserts_ends_with_the_next_question() -> None:
    before = gc.get_threshold()
    with opened() as session:
        for _ in range(1_000):
            session.insert("Item", n=1)
        assert gc.get_threshold() > before
        session.agenda()
        assert gc.get_threshold() == before


def test_a_collector_that_is_off_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    gc.disable()
    try:
        assert garbage_after(100, monkeypatch) == 100 * 300
    finally:
        gc.enable()


def test_what_a_session_holds_is_no_reason_to_look_for_garbage(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collector, "UNSEEN", 20_000)
    gc.collect()
    full = gc.get_stats()[2]["collections"]
    with opened() as session:
        session.insert_many("Item", [{"n": n} for n in range(50_000)])
        session.run()
    assert gc.get_stats()[2]["collections"] == full


def test_what_a_session_holds_is_not_passed_over_while_it_grows(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(collector, "SUSPECT", 1_000)
    passes: list[str] = []
    before = gc.get_threshold()

    def note(phase: str, info: dict[str, int]) -> None:
        if gc.get_threshold() != before:
            passes.append(phase)

    text = """
        template N
            k: int
        end
        rule "next"
        when
            a := N(k < 20000)
        then
            insert N(k = a.k + 1)
        end
        rule "pair"
        when
            a := N()
            b := N(k == a.k + 1)
            test b.k < 0
        then
        end
        """
    rules = RuleSet.parse(text)
    with rules.session() as session:
        session.insert_many("N", [{"k": 30_000 + k} for k in range(20_000)])
        gc.callbacks.append(note)
        try:
            for k in range(5_000):
                session.insert("N", k=100_000 + k)
            session.insert("N", k=0)
            assert session.run().fired == 20_000
        finally:
            gc.callbacks.remove(note)
    assert passes == []


def test_a_session_that_is_dropped_lets_it_go() -> None:
    before = gc.get_threshold()
    session = opened()
    for _ in range(1000):
        session.insert("Item", n=1)
    assert gc.get_threshold() > before
    del session
    gc.collect()
    assert gc.get_threshold() == before


def test_a_failed_run_lets_it_go() -> None:
    before = gc.get_threshold()
    rules = RuleSet.parse("rule 'r'\nwhen\nthen\n    print 1 / 0\nend")
    with rules.session() as session:
        for _ in range(2):
            with pytest.raises(RuleExecutionError):
                session.run()
    assert gc.get_threshold() == before


def test_reading_rules_holds_it_back() -> None:
    before = gc.get_threshold()
    with pytest.raises(TypeError):
        RuleSet.parse(None)  # type: ignore[arg-type]
    assert gc.get_threshold() == before


def test_holders_are_counted() -> None:
    before = gc.get_threshold()
    hold_back()
    hold_back()
    let_go()
    assert gc.get_threshold() > before
    let_go()
    assert gc.get_threshold() == before


def test_what_the_program_sets_meanwhile_is_left_alone() -> None:
    before = gc.get_threshold()
    try:
        hold_back()
        gc.set_threshold(1234, 5, 6)
        let_go()
        assert gc.get_threshold() == (1234, 5, 6)
        gc.set_threshold(0)
        hold_back()
        assert gc.get_threshold()[0] == 0  # a collector that is off stays off
        let_go()
        assert gc.get_threshold()[0] == 0
    finally:
        gc.set_threshold(*before)


def test_much_that_is_young_is_moved_not_passed_over() -> None:
    before = gc.get_threshold()
    hold_back()
    kept: list[list[object]] = [[] for _ in range(20_000)]
    let_go()
    assert gc.get_threshold() == before
    assert gc.get_freeze_count() == 0
    assert len(kept) == 20_000
