"""Rules in Python."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from rete_engine import (
    CurrentFiring,
    Fact,
    PythonRule,
    RuleExecutionError,
    RuleSet,
    RuleSyntaxError,
    RuleValidationError,
    SessionError,
    rule,
)

TEXT = """
param vat: float = 0.2
template Order key(id)
    id: int
    total: float = 0
    status: str = "new"
end
template Discount
    order: int
    percent: float
end
"""

HERE = Path(__file__)


def line_of(words: str) -> int:
    """The first line of this file that holds some words."""
    lines = HERE.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if words in line)


@rule("gold", when="o := Order(status == 'new', total > 100)", salience=10, tags=["a", "b"])
def gold(firing: CurrentFiring) -> None:
    """Reduces an order."""
    order = firing.o
    firing.modify(order, status="reduced", total=order.total * 0.9)
    firing.insert("Discount", order=order.id, percent=10)
    firing.emit((order.id, order.total, order.status))


def run(*rules: PythonRule, text: str = TEXT, **options: Any) -> list[Any]:
    """The outputs of a run over two orders."""
    with RuleSet.parse(text, rules=rules).session(**options) as session:
        session.insert("Order", id=1, total=50)
        session.insert("Order", id=2, total=200)
        return session.run().outputs


def acting(action: Callable[[Any], object], when: str = "o := Order(id == 2)") -> PythonRule:
    """A rule with an action."""
    return rule("acting", when=when)(action)


# -- what a rule in Python does --------------------------------------------------------------------


def test_it_fires_on_the_network_of_the_text() -> None:
    text = f"""{TEXT}
rule "told"
when
    d := Discount()
    o := Order(id == d.order)
then
    emit f"{{o.status}} by {{d.percent}}"
end
"""
    assert run(gold, text=text) == [(2, 180.0, "reduced"), "reduced by 10.0"]


def test_it_is_a_rule_among_the_others() -> None:
    rules = RuleSet.parse(f'{TEXT}rule "r"\nwhen\nthen\nend', rules=[gold, gold])
    assert [info.name for info in rules.rules] == ["r", "gold"]
    info = rules.rules[1]
    assert (info.tags, info.file) == (("a", "b"), str(HERE))
    assert info.line == gold.line == line_of('@rule("gold"')
    with rules.session() as session:
        session.insert("Order", id=2, total=200)
        assert [entry.salience for entry in session.agenda()] == [10, 0]
        session.disable("gold")
        assert session.run().fired == 1


def test_load_takes_rules_too(tmp_path: Path) -> None:
    (tmp_path / "shop.rete").write_text(TEXT)
    rules = RuleSet.load(tmp_path / "shop.rete", rules=[gold])
    assert [info.name for info in rules.rules] == ["gold"]


def test_variables_and_params_are_read_by_name() -> None:
    seen: list[Any] = []

    @rule("all", when="o := Order(id == 2, t := total)\nn := t + 1")
    def see(firing: CurrentFiring) -> None:
        seen.extend([firing.rule, firing["t"], firing.n, firing.vat, firing["o"].id, firing.facts])
        with pytest.raises(KeyError, match="rule 'all' has no variable 'oo'; did you mean 'o'"):
            firing["oo"]
        with pytest.raises(AttributeError, match=r"no variable 'x' \(variables: vat, o, t, n\)"):
            _ = firing.x
        assert not hasattr(firing, "_o")
        assert repr(firing) == "<firing of 'all'>"

    run(see)
    assert seen[:5] == ["all", 200.0, 201.0, 0.2, 2]
    assert [fact.id for fact in seen[5]] == [2]


def test_an_action_sees_its_own_changes() -> None:
    def act(firing: Any) -> None:
        order = firing.o
        firing.modify(order, total=1)
        firing.emit([order.total, order["total"], order.as_dict()["total"], firing.o.total])
        new = firing.insert("Order", id=7)
        firing.modify(new, total=3)
        firing.emit(firing.upsert("Order", id=7, status="paid").total)
        firing.retract(new, order)
        firing.emit(order.total)

    assert run(acting(act)) == [[1.0, 1.0, 1.0, 1.0], 3.0, 1.0]


def test_further_fields_of_open_templates_too() -> None:
    def act(firing: Any) -> None:
        firing.modify(firing.e, more=2)
        firing.emit([firing.e.more, firing.e["more"], firing.e.as_dict()])

    text = f"{TEXT}open template E\n    n: int\nend\n"
    with RuleSet.parse(text, rules=[acting(act, "e := E()")]).session() as session:
        session.insert("E", n=1, more=1)
        assert session.run().outputs == [[2, 2, {"n": 1, "more": 2}]]


def test_variables_keep_the_value_of_the_match() -> None:
    def act(firing: Any) -> None:
        firing.modify(firing.o, total=1)
        firing.emit([firing.t, firing.o.total])

    once = rule("once", when="o := Order(id == 2, t := total)", no_loop=True)(act)
    assert run(once) == [[200.0, 1.0]]


def test_it_says_what_text_rules_say(caplog: pytest.LogCaptureFixture) -> None:
    said: list[str] = []

    def act(firing: Any) -> None:
        firing.print("order", [firing.o.id], 1.0, None, True, date(2026, 1, 2))
        firing.log("warning", "look")
        firing.emit({"o": firing.o, "any": {1, 2}})
        firing.halt()

    with caplog.at_level("WARNING", "rete_engine"):
        (output,) = run(acting(act), out=said.append)
    assert said == ["order [2] 1.0 none true 2026-01-02"]
    assert caplog.messages == ["look"]
    assert isinstance(output["o"], Fact)


def test_it_gives_groups_the_focus() -> None:
    @rule("later", when="o := Order()", group="g")
    def later(firing: CurrentFiring) -> None:
        firing.emit(firing.o.id)

    assert run(later) == []
    assert run(later, acting(lambda firing: firing.focus("g"))) == [2, 1]
    with pytest.raises(RuleExecutionError, match="no rule is in a group 'h'"):
        run(later, acting(lambda firing: firing.focus("h")))


@dataclass
class Note:
    """A class of facts."""

    text: str


def test_objects_of_classes_are_facts() -> None:
    made: list[Note] = []

    @rule("note", when="o := Order(total > 100)")
    def note(firing: CurrentFiring) -> None:
        made.append(Note("large"))
        assert firing.insert(made[-1]).text == "large"

    @rule("mend", when="n := Note(text == 'large')")
    def mend(firing: CurrentFiring) -> None:
        firing.modify(made[-1], text="very large")

    rules = RuleSet.parse(TEXT, templates=[Note], rules=[note, mend])
    with rules.session(write_back=True) as session:
        session.insert("Order", id=1, total=200)
        assert session.run().fired == 2
        assert made[0].text == "very large"
        session.retract(made[0])
        assert session.facts("Note") == []


def test_every_attribute_counts() -> None:
    @rule(
        "all", when="o := Order(total > 0)", description="d", salience="o.id * 2", no_loop=True,
        group="g", auto_focus=True, activation_group="one", lock_on_active=True,
        enabled="vat > 0", effective=("2026-01-01", date(2026, 12, 31)),
    )  # fmt: skip
    def everything(firing: CurrentFiring) -> None:
        firing.modify(firing.o, total=firing.o.total + 1)

    rules = RuleSet.parse(TEXT, rules=[everything])
    assert rules.rules[0].description == "d"

    def fired(day: datetime, vat: float = 0.2) -> int:
        with rules.session(clock=lambda: day, params={"vat": vat}) as session:
            session.insert("Order", id=1, total=1)
            session.insert("Order", id=3, total=1)
            waiting = [(entry.salience, entry.group) for entry in session.agenda()]
            assert waiting in ([], [(6, "g"), (2, "g")])
            return session.run(limit=9).fired

    assert fired(datetime(2026, 6, 1, tzinfo=UTC)) == 1
    assert fired(datetime(2027, 1, 1, tzinfo=UTC)) == 0
    assert fired(datetime(2026, 6, 1, tzinfo=UTC), vat=0.0) == 0


def test_a_rule_is_on_unless_it_says_otherwise() -> None:
    off = rule("off", when="Order()", enabled=False)(lambda firing: firing.emit(1))
    assert run(off) == []


class Emitter:
    """Objects and methods that can be called."""

    def __call__(self, firing: CurrentFiring) -> None:
        firing.emit("object")

    def method(self, firing: CurrentFiring) -> None:
        firing.emit("method")


def emit(value: str, firing: CurrentFiring) -> None:
    firing.emit(value)


@pytest.mark.parametrize(
    ("action", "value"),
    [
        (Emitter(), "object"),
        (Emitter().method, "method"),
        (functools.partial(emit, "partial"), "partial"),
    ],
)
def test_whatever_can_be_called_may_be_an_action(action: Any, value: str) -> None:
    assert run(acting(action)) == [value]


def test_the_function_can_be_called_by_itself() -> None:
    seen: list[object] = []
    given: Any = 5
    acting(seen.append)(given)
    assert seen == [5]


# -- atomic ----------------------------------------------------------------------------------------


def test_a_function_that_fails_leaves_nothing() -> None:
    said: list[str] = []

    def act(firing: Any) -> None:
        firing.modify(firing.o, total=1)
        firing.insert("Discount", order=1, percent=1)
        firing.emit(1)
        firing.print("gone")
        firing.focus("main")
        raise ValueError("no more")  # here it fails

    rules = RuleSet.parse(TEXT, rules=[acting(act)])
    with rules.session(out=said.append) as session:
        order = session.insert("Order", id=2, total=200)
        with pytest.raises(RuleExecutionError) as caught:
            session.run()
        error = caught.value
        assert (error.rule, error.file, error.line) == ("acting", str(HERE), line_of("# here it"))
        assert isinstance(error.cause, ValueError)
        assert error.facts == (order,)
        assert f"({HERE}:{error.line}): ValueError: no more" in str(error)
        assert (order.total, session.facts("Discount"), said) == (200.0, [], [])
        assert len(session.agenda()) == 1


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda f: f.insert("Ordr", id=1), "unknown template 'Ordr'; did you mean 'Order'"),
        (lambda f: f.insert("Order", id="x"), "Order.id"),
        (lambda f: f.insert("Order", id=1), "the key id=1 is in use"),
        (lambda f: f.modify(f.o, totl=1), "totl"),
        (lambda f: f.modify(5, total=1), "no fact of this session"),
        (lambda f: (f.retract(f.o), f.modify(f.o, total=1)), "was retracted"),
        (lambda f: f.log("loud", "x"), "log level must be one of"),
        (lambda f: f.emit(f.nothing), "has no variable 'nothing'"),
    ],
)
def test_what_does_not_fit_is_told_with_the_rule(action: Any, message: str) -> None:
    with pytest.raises(RuleExecutionError, match=message):
        run(acting(action))


def test_a_firing_can_be_used_until_it_is_done() -> None:
    kept: list[CurrentFiring] = []
    run(acting(kept.append))
    for use in (kept[0].halt, lambda: kept[0].emit(1), lambda: kept[0].insert("Order", id=5)):
        with pytest.raises(SessionError, match="the firing of rule 'acting' is done"):
            use()


def test_the_session_cannot_be_used_by_an_action() -> None:
    def act(firing: Any) -> None:
        session.insert("Order", id=5)

    session = RuleSet.parse(TEXT, rules=[acting(act)]).session()
    session.insert("Order", id=2)
    with pytest.raises(RuleExecutionError, match="cannot be used by a function"):
        session.run()


def test_an_interrupt_leaves_the_match_waiting() -> None:
    def act(firing: Any) -> None:
        raise KeyboardInterrupt

    with RuleSet.parse(TEXT, rules=[acting(act)]).session() as session:
        session.insert("Order", id=2)
        with pytest.raises(KeyboardInterrupt):
            session.run()
        assert len(session.agenda()) == 1


# -- mistakes --------------------------------------------------------------------------------------


def problems(*rules: PythonRule, text: str = TEXT) -> str:
    with pytest.raises((RuleSyntaxError, RuleValidationError)) as caught:
        RuleSet.parse(text, rules=rules, name="text.rete")
    return str(caught.value)


def nothing(firing: CurrentFiring) -> None:
    """Do nothing."""


def test_a_mistake_in_a_condition_is_told_where_it_stands_in_the_file() -> None:
    @rule("wrong", when="o := Ordr(total > 100)")
    def wrong(firing: CurrentFiring) -> None: ...

    told = problems(wrong)
    line = line_of('when="o := Ordr(')
    assert f"  --> {HERE}:{line}:31" in told
    assert "unknown template 'Ordr'" in told
    assert '@rule("wrong", when="o := Ordr(total > 100)")' in told


def test_a_mistake_on_a_later_line_too() -> None:
    @rule(
        "lines",
        when="""
            o := Order(total > 100)
            d := Discount(ordr == o.id)
        """,
    )
    def wrong(firing: CurrentFiring) -> None: ...

    told = problems(wrong)
    assert f"  --> {HERE}:{line_of('d := Discount(ordr')}:27" in told
    assert "'ordr'" in told


def test_a_condition_that_is_made_is_told_by_the_place_of_the_rule() -> None:
    when = " ".join(["o", ":=", "Ordr()"])

    @rule("made", when=when)
    def wrong(firing: CurrentFiring) -> None: ...

    told = problems(wrong)
    assert f"  --> {HERE}:{wrong.line}: rule 'made':1:6" in told
    assert " 1 | o := Ordr()" in told


def test_a_rule_without_a_file_is_told_by_its_name() -> None:
    told = problems(rule("emitted", when="Ordr()")(print))
    assert "  --> rule 'emitted':1:1" in told


def test_wrong_attributes_are_told() -> None:
    assert "salience is a whole number" in problems(rule("half", salience="1.5")(nothing))
    assert "no date" in problems(rule("day", effective=("x", None))(nothing))
    assert "cannot be empty" in problems(rule("group", group="")(nothing))
    assert "unknown name" in problems(rule("on", enabled="nothing > 1")(nothing))
    broken = rule("broken", salience="1 +", when="Order(")(nothing)
    assert problems(broken).count("error[") == 2
    assert "control character" in problems(rule("c", when="\x00")(nothing))
    assert "control character" in problems(rule("c", salience="\x00")(nothing))


def test_a_name_in_the_text_and_in_python_shows_both() -> None:
    told = problems(gold, text=f'{TEXT}rule "gold"\nwhen\nthen\nend\n')
    assert "rule 'gold' is declared twice" in told
    assert f"{HERE}:{gold.line}" in told
    assert "text.rete:12:1" in told
    assert problems(gold, rule("gold")(nothing)).count(str(HERE)) == 2


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"name": 5}, "must be str, not 5"),
        ({"name": " "}, "cannot be empty"),
        ({"when": None}, "rule 'r': when must be str, not None"),
        ({"salience": 1.5}, "rule 'r': salience must be int or str, not 1.5"),
        ({"salience": True}, "salience must be int or str, not True"),
        ({"no_loop": 1}, "no_loop must be bool, not 1"),
        ({"enabled": 1}, "enabled must be bool or str, not 1"),
        ({"group": 1}, "group must be str or None, not 1"),
        ({"tags": "a"}, "tags is a list of texts, not 'a'"),
        ({"tags": [1]}, "tags is a list of texts"),
        ({"effective": "2026-01-01"}, "effective is a pair of days"),
        ({"effective": (1, None)}, "effective must be str or date or None, not 1"),
    ],
)
def test_arguments_of_the_wrong_kind_are_refused(given: Any, message: str) -> None:
    options = {key: value for key, value in given.items() if key != "name"}
    with pytest.raises(TypeError, match=message):
        rule(given.get("name", "r"), **options)


async def asynchronous(firing: CurrentFiring) -> Any:
    yield


def generator(firing: CurrentFiring) -> Any:
    yield


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda: None, "the function takes the firing, and nothing else"),
        (lambda firing, other: None, "takes the firing, and nothing else"),
        (lambda *, firing: None, "the firing, and nothing else"),
        (asynchronous, "cannot be a generator"),
        (generator, "cannot be a generator"),
        (5, "the action is a function, not 5"),
    ],
)
def test_a_function_that_cannot_be_an_action_is_refused(function: Any, message: str) -> None:
    with pytest.raises(TypeError, match=f"rule 'r'.*{message}"):
        rule("r")(function)


@pytest.mark.parametrize("rules", [gold, [lambda firing: None], ["gold"], nothing])
def test_what_is_no_list_of_rules_is_refused(rules: Any) -> None:
    with pytest.raises(TypeError, match="rules"):
        RuleSet.parse(TEXT, rules=rules)


def test_the_hash_is_that_of_the_rules_not_of_the_file() -> None:
    def made(when: str) -> str:
        return RuleSet.parse(TEXT, rules=[rule("r", when=when)(gold.function)]).hash

    assert made("Order()") == made("Order()")
    assert made("Order()") != made("Discount()")
