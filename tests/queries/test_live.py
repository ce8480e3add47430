"""`session.live`: what joins the answers of a query, and what leaves them."""

from __future__ import annotations

from typing import Any

import pytest

from rete_engine import FactError, Match, RuleExecutionError, RuleSet, Session, SessionError

TEXT = """
template T key(id)
    id: int
    n: int = 0
    m: int = 0
end

template Block
    id: int
end

facts start
    T(id = 100, n = 7)
end

query of(least: int)
    t := T(n >= least)
    not Block(id == t.id)
end

query twice()
    a := T(n == 1)
    b := T(m == a.m)
end

query whole(parts: int)
    t := T(10 // n == parts)
end

query linked(other: T)
    b := Block()
    test other == other
end

rule "grow"
when
    t := T(n == 1)
then
    modify t(n = 5)
end
"""


class View:
    """Keeps what a live query tells."""

    def __init__(self, session: Session, name: str, **arguments: Any) -> None:
        self.calls: list[tuple[list[Match], list[Match]]] = []
        self.present: list[Match] = []
        self.session, self.name, self.arguments = session, name, arguments
        self.live = session.live(name, self.told, **arguments)

    def told(self, joined: list[Match], left: list[Match]) -> None:
        assert joined or left
        self.calls.append((joined, left))
        for match in left:
            index = next(i for i, each in enumerate(self.present) if each is match)
            del self.present[index]
        self.present += joined

    @property
    def last(self) -> tuple[list[Any], list[Any]]:
        joined, left = self.calls[-1]
        return [m.as_dict() for m in joined], [m.as_dict() for m in left]

    def agrees(self) -> bool:
        now = self.session.query(self.name, **self.arguments)
        return sorted(map(repr, now)) == sorted(map(repr, self.present))


def opened(**options: Any) -> Session:
    return RuleSet.parse(TEXT).session(**options)


def test_it_begins_with_what_holds() -> None:
    session = opened()
    view = View(session, "of", least=1)
    [(joined, left)] = view.calls
    assert ([match.t.id for match in joined], left) == ([100], [])
    assert View(session, "of", least=50).calls == []


def test_joins_and_leaves() -> None:
    session = opened()
    view = View(session, "of", least=1)
    fact = session.insert("T", id=1, n=2)
    assert view.last == ([{"t": fact}], [])
    block = session.insert("Block", id=1)
    assert view.last == ([], [{"t": fact}])
    session.retract(block)
    assert view.last == ([{"t": fact}], [])
    session.insert("T", id=2)
    assert len(view.calls) == 4
    session.retract(fact)
    assert view.last == ([], [{"t": fact}])
    assert view.agrees()


def test_what_the_query_does_not_read_is_no_event() -> None:
    session = opened()
    view = View(session, "of", least=1)
    [fact] = session.facts("T")
    session.modify(fact, m=4)
    assert len(view.calls) == 1
    session.modify(fact, n=8)  # it reads that: the match is another one
    assert view.last == ([{"t": fact}], [{"t": fact}])


def test_one_call_for_each_change_of_a_fact() -> None:
    session = opened()
    for number in (1, 2):
        session.insert("T", id=number, n=1)
    view = View(session, "twice")
    assert len(view.present) == 6
    session.insert("T", id=3)
    assert [len(joined) for joined, _ in view.calls] == [6, 2]
    session.insert("T", id=4, n=1)
    assert [len(joined) for joined, _ in view.calls] == [6, 2, 7]
    assert view.agrees()


def test_rules_change_it_too() -> None:
    session = opened()
    session.insert("T", id=1, n=1)
    view = View(session, "of", least=3)
    assert [match.t.id for match in view.present] == [100]
    assert session.run().fired == 1
    assert [match.t.id for match in view.present] == [100, 1]


def test_close_ends_the_calls() -> None:
    session = opened()
    view = View(session, "of", least=1)
    other = View(session, "of", least=1)
    view.live.close()
    view.live.close()
    session.insert("T", id=1, n=2)
    assert (len(view.calls), len(other.calls)) == (1, 2)
    with other.live:
        pass
    assert session._engine.memory.after_change is None
    assert session._engine.matcher.tokens == 0


def test_it_can_be_closed_from_within() -> None:
    session = opened()
    calls: list[int] = []

    def told(joined: list[Match], left: list[Match]) -> None:
        calls.append(len(joined))
        if len(calls) == 2:
            live.close()

    live = session.live("of", told, least=1)
    session.insert("T", id=1, n=2)
    session.insert("T", id=2, n=2)
    assert calls == [1, 1]
    session.query("of", least=1)
    assert session._engine.matcher.tokens == 0


def test_it_can_be_closed_by_another_listener_in_the_midst_of_a_change() -> None:
    session = opened()
    view = View(session, "of", least=1)
    session.on("activate", lambda waiting: view.live.close())
    session.insert("T", id=1, n=1)
    assert len(view.calls) == 1
    assert len(session.query("of", least=1)) == 2


def test_it_can_be_closed_after_the_session() -> None:
    session = opened()
    view = View(session, "of", least=1)
    session.close()
    view.live.close()
    assert len(view.calls) == 1


def test_a_reset_lets_all_leave_and_goes_on() -> None:
    session = opened()
    view = View(session, "of", least=1)
    session.insert("T", id=1, n=2)
    session.reset()
    assert [(len(joined), len(left)) for joined, left in view.calls] == [
        (1, 0),
        (1, 0),
        (0, 2),
        (1, 0),
    ]
    session.insert("T", id=1, n=2)
    assert view.agrees()


def test_what_it_closed_is_not_begun_anew() -> None:
    session = opened()
    view = View(session, "of", least=1)
    view.live.close()
    session.reset()
    assert len(view.calls) == 1


def test_what_a_callback_raises_is_raised_by_the_method() -> None:
    session = opened()

    def told(joined: list[Match], left: list[Match]) -> None:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        session.live("of", told, least=1)
    with pytest.raises(ValueError, match="no"):
        session.insert("T", id=1, n=1)
    assert len(session.facts("T")) == 2  # the change is made
    with pytest.raises(ValueError, match="no"):
        session.run()
    assert session.facts("T", n=5)


def test_a_callback_cannot_use_the_session() -> None:
    session = opened()
    session.live("of", lambda joined, left: session.query("of", least=1), least=9)
    with pytest.raises(SessionError, match="cannot be used by a function or listener"):
        session.insert("T", id=1, n=10)


def test_a_condition_that_raises() -> None:
    """Now: to who asks. Later: by the method whose change it meets."""
    session = opened()
    heard: list[Match] = []
    live = session.live("whole", lambda joined, left: heard.extend(joined), parts=2)
    with pytest.raises(RuleExecutionError, match="a condition of query 'whole' failed") as caught:
        session.insert("T", id=1, n=0)
    assert isinstance(caught.value.__cause__, Exception)
    [fact] = session.facts("T", id=1)
    assert caught.value.facts == (fact,)
    session.modify(fact, n=4)
    assert [match.t.id for match in heard] == [1]
    assert session.run().errors == []
    live.close()
    session.modify(fact, n=0)
    with pytest.raises(RuleExecutionError, match="division by zero"):
        session.live("whole", lambda joined, left: None, parts=1)
    assert session._engine.memory.after_change is None
    assert session._engine.matcher.tokens == 0
    session.insert("T", id=2, n=5)


def test_wrong_use() -> None:
    session = opened()
    with pytest.raises(SessionError, match="cannot be called: 3"):
        session.live("of", 3, least=1)  # type: ignore[arg-type]
    with pytest.raises(FactError, match="did you mean 'of'"):
        session.live("off", print, least=1)
    with pytest.raises(FactError, match="needs a value for 'least'"):
        session.live("of", print)


def test_listening_changes_no_firing() -> None:
    for strategy in ("depth", "breadth", "lex", "mea", "random"):
        told, silent = opened(strategy=strategy), opened(strategy=strategy)
        view = View(told, "of", least=1)
        fired = []
        for session in (told, silent):
            for number in range(5):
                session.insert("T", id=number, n=number % 3)
            fired.append([f.bindings["t"].id for f in session.run(trace=True).firings])
        assert fired[0] == fired[1]
        assert view.agrees()


def test_arguments_that_are_retracted_stay_what_they_were() -> None:
    session = opened()
    [fact] = session.facts("T")
    view = View(session, "linked", other=fact)
    session.retract(fact)
    session.insert("Block", id=1)
    assert len(view.present) == 1
    session.reset()
    assert view.present == []
    session.insert("Block", id=1)
    assert len(view.present) == 1
