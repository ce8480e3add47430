"""In which order conditions are joined, and where their tests are asked."""

from __future__ import annotations

import pytest

from rete_engine import RuleExecutionError, RuleSet
from rete_engine.network.nodes import JoinSpec
from tests.compiler.networks import network_of, path_of, rules_of, tokens


def test_patterns_meet_through_a_key_before_a_cross_product() -> None:
    rules = rules_of("a := A()\nb := B()\nC(i == a.k, j == b.k)")
    assert [s.split("(")[0] for s in path_of(rules)] == ["root", "first A", "join C", "join B"]
    with rules.session() as session:
        session.insert_many("A", [{"k": k} for k in range(50)])
        session.insert_many("B", [{"k": k} for k in range(50)])
        assert tokens(session) == 50  # not 50 * 50
        session.insert("C", i=3, j=4)
        assert session.run().fired == 1


def test_the_pattern_that_comes_first_as_written_begins() -> None:
    rules = rules_of("C(v := i, w := j)\nA(k == v)\nB(k == w)")
    assert [s.split("(")[0] for s in path_of(rules)] == ["root", "first C", "join A", "join B"]


def test_without_a_key_patterns_are_joined_as_written() -> None:
    rules = rules_of("A()\nB()\nC()")
    assert path_of(rules) == ["root", "first A", "join B()", "join C()"]


@pytest.mark.parametrize(
    ("when", "order"),
    [
        # the most selective of those with a key is next
        ("A()\na := A()\nB(k == a.k)\nC(i == a.k, j == a.x)", "A A C B"),
        ("a := A()\nB(k == a.k)\nC(i == a.k, j == 1)", "C A B"),
        ("a := A()\nB(k == a.k)\nUnique(key == a.k)", "A Unique B"),
        ("a := A()\nB(k == a.k, x == a.x)\nUnique(key == a.k)", "A Unique B"),
        ("a := A()\nB(k == a.k)\nTwo(p == a.k)", "A B Two"),
        ("a := A()\nB(k == a.k, x == a.x)\nTwo(p == a.k, q == a.x)", "A Two B"),
        ("a := A()\nB(k == a.k, x == a.x)\nTwo(p == a.k, q == 3)", "Two A B"),
        ("r := Refers()\nB(k == r.n)\nu := Unique(r.u == u)", "Refers Unique B"),
        # as selective: first what rules do not change, else as written
        ("a := A()\nChanged(k == a.k, n > 0)\nB(k == a.k)", "A B Changed"),
        ("a := A()\nChanged(k == a.k)\nB(k == a.k)", "A Changed B"),
        ("a := A()\nChanged(k == a.k, n == 1)\nB(k == a.k)", "Changed A B"),
        ("c := Changed(n > 0)\nB(k == c.k)", "Changed B"),
        # the most selective of those that keys join is the first of them
        ("a := A()\nB(k == a.k, x == 1)", "B A"),
        ("a := A()\nB(k == a.k, 1 == x)", "B A"),
        ("a := A(x == 1)\nB(k == a.k, x == 1, s == 'x')", "B A"),
        ("a := A(x == 1)\nB(k == a.k, s == 'x')", "A B"),
        ("a := A(x == 1, s == 'x')\nUnique(key == 1, n == a.k)", "Unique A"),
        ("a := A()\nb := B(k == a.k)\nC(i == b.x, j == 1)", "C B A"),
        ("a := A()\nB(a.x + k == a.k, x == 1)", "A B"),
        ("a := A()\nB(k == a.k, x == a.x, x == x)", "A B"),
        ("a := A()\nB(k == a.k, x > 1)", "A B"),
        # what no key joins keeps its place
        ("A()\nb := B()\nC(j == 1)", "A B C"),
        ("A()\nb := B()\nC(i == b.k, j == 1)", "A C B"),
        ("a := A()\nC(j == 1)\nB(k == a.k)", "A B C"),
        ("a := A()\nb := B()\nc := C(j == 1)\ntest a.k + b.k == c.i", "A B C"),
    ],
)
def test_the_most_selective_pattern_is_next(when: str, order: str) -> None:
    extra = """
        template Unique key(key)
            key: int
            n: int = 0
        end
        template Two key(p, q)
            p: int
            q: int
        end
        template Refers
            u: Unique
            n: int = 0
        end
        template Changed
            k: int
            n: int = 0
        end
        rule "change"
        when
            c := Changed(k == 1)
        then
            modify c(n = 1)
        end
        """
    steps = path_of(rules_of(when, extra=extra))[1:]
    assert " ".join(step.split("(")[0].split()[1] for step in steps) == order


@pytest.mark.parametrize(
    "when",
    [
        "a := A()\nB(k == a.k)",
        "a := A()\nB(a.k == k)",
        "a := A()\nb := B()\ntest a.k == b.k",
        "a := A(v := k)\nB(k == v)",
        "a := A()\nb := B()\ntest b.k + 1 == a.k + 1",
        "k0 := 3\nA(k == k0)\nB(k == k0)",
    ],
)
def test_an_equality_is_a_hash_join_wherever_it_is_written(when: str) -> None:
    joins = [node for node in network_of(rules_of(when)).nodes if isinstance(node, JoinSpec)]
    assert joins
    for node in joins:
        assert len(node.left_key) == len(node.right.key) == 1
        assert not node.tests


def test_an_inequality_is_no_key() -> None:
    rules = rules_of("a := A()\nB(k != a.k, x > a.x)")
    (join,) = (node for node in network_of(rules).nodes if isinstance(node, JoinSpec))
    assert join.left_key == ()
    assert len(join.tests) == 2


def test_identity_is_a_hash_join() -> None:
    text = """
template Customer key(id)
    id: str
    tier: str = "basic"
end
template Order
    customer: Customer
end
rule "gold"
when
    c := Customer(tier == "gold")
    o := Order(customer == c)
then
    emit o.customer.id
end
"""
    rules = RuleSet.parse(text)
    (join,) = (node for node in network_of(rules).nodes if isinstance(node, JoinSpec))
    assert len(join.left_key) == 1
    with rules.session() as session:
        one, two = session.insert("Customer", id="1"), session.insert("Customer", id="2")
        session.insert("Order", customer=one)
        assert session.run().outputs == []
        session.modify(two, tier="gold")
        assert session.run().outputs == []
        session.modify(one, tier="gold")
        assert session.run().outputs == ["1"]
        session.modify(one, id="3")  # neither condition reads it: the match is the same
        assert session.run().outputs == []


# -- control facts ---------------------------------------------------------------------------------

CONTROL = """
template Phase
    name: str
end
template Step extends Phase
    speed: int = 0
end
template Item
    id: int
    state: str = "new"
    weight: int = 0
end
template Note
    item: int
end
rule "r"
when
    %s
then
    %s
end
"""


def control_path(when: str, then: str) -> list[str]:
    rules = RuleSet.parse(CONTROL % (when.replace("\n", "\n    "), then))
    return [step.split("(")[0] for step in path_of(rules, "r")][1:]


@pytest.mark.parametrize(
    "then",
    [
        'modify p(name = "go")',
        'if i.id == 1\n modify p(name = "go")\n end',
        'for x in [p]\n modify x(name = "go")\n end',
        'if i.id == 1\n print 1\n elif i.id == 2\n print 2\n else\n modify p(name = "go")\n end',
    ],
)
def test_a_pattern_that_watches_what_rules_change_is_joined_last(then: str) -> None:
    when = 'p := Phase(name == "start")\ni := Item()\nnot Note(item == i.id)'
    assert control_path(when, then) == ["first Item", "not Note", "join Phase"]


def test_what_nobody_changes_or_reads_is_joined_as_written() -> None:
    when = 'p := Phase(name == "start")\ni := Item()'
    assert control_path(when, "print p.name, i.id") == ["first Phase", "join Item"]
    assert control_path(when, "modify i(weight = 1)") == ["first Phase", "join Item"]


def test_what_extends_a_template_changes_its_fields_too() -> None:
    when = 'p := Phase(name == "start")\ni := Item()\ns := Step(speed == 1)'
    assert control_path(when, 'modify s(name = "go")') == ["first Item", "join Step", "join Phase"]
    when = 'p := Phase()\ni := Item()\ns := Step(name == "go")'
    assert control_path(when, 'modify p(name = "x")') == ["first Phase", "join Item", "join Step"]


def test_a_pattern_with_a_key_is_no_control_fact() -> None:
    when = "i := Item(weight > 3)\nNote(item == i.id)"
    assert control_path(when, "modify i(weight = 0)") == ["first Item", "join Note"]


def test_a_guard_that_may_raise_waits_for_control_facts_written_before_it() -> None:
    when = 'p := Phase(name == "start")\ni := Item()\nnot Note(item == 1 // i.weight)'
    steps = control_path(when, 'modify p(name = "go")')
    assert steps == ["first Item", "join Phase", "not Note"]


def test_several_control_facts_are_joined_from_the_right() -> None:
    when = 'p := Phase(name == "start")\ni := Item()\ns := Step(speed > 1)\ntest s.speed > i.id'
    rules = RuleSet.parse(
        CONTROL % (when.replace("\n", "\n    "), 'modify p(name = "go")\n modify s(speed = 2)')
    )
    assert path_of(rules, "r")[1:] == ["first Item", "cross ($0.1 > $3.0)"]
    assert '["to the right"]' in rules.graph("mermaid")
    with rules.session() as session:
        session.insert_many("Item", [{"id": n} for n in range(5)])
        session.insert("Phase", name="start")
        session.insert("Step", name="", speed=3)
        assert session.run(1).fired == 1
        [fired] = [fact for fact in session.facts("Phase") if fact.name == "go"]
        assert fired.template == "Phase"
        assert session.agenda() == []


def test_a_change_of_phase_does_not_rebuild_the_joins() -> None:
    text = """
    template Phase
        name: str
    end
    template A
        k: int
    end
    template B
        k: int
    end
    rule "work"
    when
        Phase(name == "work")
        a := A()
        b := B(k == a.k)
    then
        emit a.k
    end
    rule "stop"
        salience 1
    when
        p := Phase(name == "stop")
    then
        modify p(name = "stopped")
    end
    """
    with RuleSet.parse(text).session() as session:
        phase = session.insert("Phase", name="idle")
        session.insert_many("A", [{"k": k} for k in range(30)])
        session.insert_many("B", [{"k": k} for k in range(30)])
        joined = tokens(session)
        session.modify(phase, name="work")
        assert len(session.agenda(limit=100)) == 30
        session.modify(phase, name="stop")
        assert session.agenda(limit=100)[0].rule == "stop"
        session.run()
        assert tokens(session) == joined


# -- tests that can raise --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "when",
    [
        "A(x != 0, 10 / x > 2)",
        "a := A(x != 0)\ntest 10 / a.x > 2",
        "a := A()\ntest a.x != 0\ntest 10 / a.x > 2",
        "a := A()\ntest a.x != 0\nB(x == 10 // a.x)",
        "a := A()\ntest a.x != 0\nB(k == a.k, x < 10 / a.x)",
        "a := A()\nb := B(x != a.x)\ntest 10 / (a.x - b.x) > 2",
        "a := A()\nb := B()\ntest a.x != b.x\nC(i == 10 // (a.x - b.x))",
        "a := A()\nexists B(x == a.x and x != 0)\ntest 10 / a.x > 0",
        "a := A()\nnot B(a.x == 0)\ntest 10 / a.x > 0",
        "a := A(x != 0)\nnot B(x == 10 // a.x)",
        "a := A(x != 0)\nexists B(x == 10 // a.x)",
        "a := A()\nnot (B(a.x != 0) and C(i == 10 // a.x))",
        "a := A(x != 0)\nv := 10 // a.x\nB(x == v)",
        "a := A()\nb := B()\nA(a.x != 0, k == b.k, 10 / a.x > 2)",
        "a := A(x != 0)\nfor v in [10 // a.x]\nB(x == v)",
        "a := A()\ntest a.x != 0\ntest 10 / a.x > 0\nnot B(x == 10 // a.x + 90)",
        "a := A()\ntest a.x != 0\nB(k == 0)\ntest 10 / a.x > 0\nexists B(x == 10 // a.x)",
        "a := A()\ntest a.x != 0\ntest 10 / a.x > 0\nv := 10 // a.x\nB(x == v)",
        "b := B()\na := A(x != b.x, v := 10 // (x - b.x))\nC(i == v)",
    ],
)
def test_a_guard_that_is_written_before_guards(when: str) -> None:
    with rules_of(when).session() as session:
        for x in (0, 1, 0, 2):
            session.insert("B", x=x)
            session.insert("C", i=x)
            session.insert("A", x=x)
        session.run()  # would raise what a condition raised


@pytest.mark.parametrize(
    "when",
    [
        "A(10 / x > 2, x != 0)",
        "a := A()\nB(x == 10 // a.x)\nB(x != a.x)",
    ],
)
def test_what_is_written_before_its_guard_is_asked_before_it(when: str) -> None:
    with rules_of(when).session() as session:
        session.insert("A", x=0)
        session.insert("B", x=0)
        with pytest.raises(RuleExecutionError, match="division by zero"):
            session.run()


def test_a_test_that_cannot_raise_is_asked_as_soon_as_it_can() -> None:
    rules = rules_of("a := A()\nb := B(k == a.k)\ntest a.x > 3\ntest b.x > a.x")
    with rules.session() as session:
        session.insert("A", x=1)
        assert tokens(session) == 0  # the fact stands in no join
        session.insert("A", x=4)
        assert tokens(session) == 1


def test_a_match_that_two_patterns_make_of_one_fact_is_found_once() -> None:
    with rules_of("a := A()\nb := A(k == a.k)").session() as session:
        session.insert("A", k=1)
        assert session.run().fired == 1
        session.insert("A", k=1)
        assert session.run().fired == 3


# -- values that conditions compute ----------------------------------------------------------------


def test_a_value_may_be_computed_before_any_pattern() -> None:
    rules = rules_of("v := 2\nfor w in [1, v]\nA(x == w)")
    with rules.session() as session:
        session.insert("A", x=2)
        session.insert("A", x=3)
        assert session.run().fired == 1


def test_a_value_of_a_pattern_can_be_used_in_it_and_behind_it() -> None:
    rules = rules_of("A(v := x * 2, v > 4, w := v + 1)\nB(x == w)")
    with rules.session() as session:
        session.insert("A", x=2)
        session.insert("A", x=3)
        session.insert("B", x=7)
        session.insert("B", x=5)
        assert session.run().fired == 1


def test_a_pattern_that_computes_can_stand_in_not_and_exists() -> None:
    inner = "B(v := x * 2, v > a.x)"
    rules = rules_of(f"a := A()\nnot {inner}", f"a := A()\nexists {inner}")
    with rules.session() as session:
        session.insert("A", x=3)
        assert session.run().outputs == [0]
        b = session.insert("B", x=2)
        assert session.run().outputs == [1]
        session.modify(b, x=1)
        assert session.run().outputs == [0]
