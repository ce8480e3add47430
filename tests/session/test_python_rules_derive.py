"""Rules in Python that derive facts, and that fire each other without end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from rete_engine import (
    CurrentFiring,
    RuleExecutionError,
    RuleSet,
    RuleValidationError,
    Template,
    rule,
)

TEXT = """
template Person key(name)
    name: str
    age: int
end
template Child
    who: str
end
template Pass
    who: str
end
rule "pass"
when
    c := Child()
then
    insert logical Pass(who = c.who)
end
"""


@rule("child", when="p := Person(age < 16)", derives=["Child"])
def child(firing: CurrentFiring) -> None:
    firing.emit(firing.insert_logical("Child", who=firing.p.name).who)


def test_what_a_function_derives_goes_with_the_match() -> None:
    with RuleSet.parse(TEXT, rules=[child]).session() as session:
        ada = session.insert("Person", name="ada", age=15)
        session.insert("Person", name="bob", age=40)
        assert session.run().outputs == ["ada"]
        assert [p.who for p in session.facts("Pass")] == ["ada"]
        session.modify(ada, age=16)
        assert session.facts("Child") == session.facts("Pass") == []


def test_an_equal_fact_is_supported_and_a_stated_one_stays() -> None:
    @rule("also", when="p := Person(name == 'ada')", derives=["Child"])
    def also(firing: CurrentFiring) -> None:
        firing.insert_logical("Child", who=firing.p.name)

    with RuleSet.parse(TEXT, rules=[child, also]).session() as session:
        ada = session.insert("Person", name="ada", age=15)
        session.run()
        (derived,) = session.facts("Child")
        session.modify(ada, age=16)
        assert session.facts("Child") == [derived]
        stated = session.insert("Child", who="ada")
        assert stated == derived
        session.retract(ada)
        assert session.facts("Child") == [derived]


def test_a_class_may_be_what_is_derived() -> None:
    @dataclass
    class Grown:
        who: str

    @rule("grown", when="p := Person(age >= 16)", derives=[Grown])
    def grown(firing: CurrentFiring) -> None:
        firing.insert_logical(Grown(firing.p.name))

    rules = RuleSet.parse(TEXT, templates=[Template(Grown)], rules=[grown])
    with rules.session() as session:
        bob = session.insert("Person", name="bob", age=40)
        session.run()
        assert [fact.object for fact in session.facts("Grown")] == [Grown("bob")]
        session.retract(bob)
        assert session.facts("Grown") == []


def test_a_template_that_the_rule_does_not_say_it_derives_is_refused() -> None:
    @rule("silent", when="p := Person()")
    def silent(firing: CurrentFiring) -> None:
        firing.insert_logical("Child", who=firing.p.name)

    with RuleSet.parse(TEXT, rules=[silent]).session() as session:
        session.insert("Person", name="ada", age=5)
        with pytest.raises(RuleExecutionError, match=r"derives=\['Child'\]"):
            session.run()
        assert session.facts("Child") == []


def test_an_unknown_template_in_derives_is_told() -> None:
    @rule("wrong", derives=["Chidl"])
    def wrong(firing: CurrentFiring) -> None: ...

    with pytest.raises(RuleValidationError, match="unknown template 'Chidl'") as caught:
        RuleSet.parse(TEXT, rules=[wrong])
    assert "did you mean 'Child'" in str(caught.value)
    with pytest.raises(TypeError, match="derives is a list of templates"):
        rule("r", derives="Child")


def test_a_function_that_derives_what_its_condition_forbids_is_warned_of() -> None:
    @rule("odd", when="p := Person()\nnot Child(who == p.name)", derives=["Child"])
    def odd(firing: CurrentFiring) -> None:
        firing.insert_logical("Child", who=firing.p.name)

    rules = RuleSet.parse(TEXT, rules=[odd])
    assert "RE0505" in [d.code for d in rules.diagnostics]
    with rules.session() as session:
        session.insert("Person", name="ada", age=5)
        assert session.run(limit=100).stopped == "quiescent"
        assert session.facts("Child") == []


def looping(*rules: Any, limit: int = 20) -> Any:
    with RuleSet.parse(TEXT, rules=rules).session() as session:
        session.insert_many("Person", [{"name": f"p{n}", "age": n} for n in range(30)])
        return session.run(limit=limit).loop


def test_a_loop_of_rules_in_python_is_named() -> None:
    @rule("older", when="p := Person(age > 20)")
    def older(firing: CurrentFiring) -> None:
        firing.modify(firing.p, age=firing.p.age + 1)

    @rule("ping", when="p := Person(name == 'p1')\nc := Child()")
    def ping(firing: CurrentFiring) -> None:
        firing.retract(firing.c)
        firing.insert("Pass", who="x")

    @rule("pong", when="p := Pass()\nexists Person(name == 'p1')")
    def pong(firing: CurrentFiring) -> None:
        firing.retract(firing.p)
        firing.insert("Child", who="x")

    @rule("begin", when="", salience=5)
    def begin(firing: CurrentFiring) -> None:
        firing.insert("Child", who="x")

    loop = looping(older)
    assert (loop.rules, loop.fields) == (("older",), ("Person.age",))
    loop = looping(begin, ping, pong)
    assert set(loop.rules) == {"ping", "pong"}
    assert set(loop.fields) == {"Child", "Pass"}


def test_a_rule_in_python_that_fires_for_many_facts_is_no_loop() -> None:
    @rule("many", when="p := Person()")
    def many(firing: CurrentFiring) -> None:
        firing.insert("Pass", who=firing.p.name)

    assert looping(many) is None
