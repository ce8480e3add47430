"""Rules in Python: conditions as text, the action a function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import CodeType
from typing import Any

from rete_engine.session.current_firing import CurrentFiring

#: What is called with the firing.
ActionFunction = Callable[[CurrentFiring], object]


@dataclass(frozen=True, eq=False)
class PythonRule:
    """A rule whose action is a function; made by `rule`. Calling it calls the function.

    Attributes:
        name: The rule's name.
        when: Its conditions in the rule language, one a line.
        function: The action.
        file: The file of the function, as Python calls it.
        line: The line on which it, or the first of its decorators, begins.
    """

    name: str
    when: str
    function: ActionFunction
    file: str
    line: int
    attributes: dict[str, Any] = field(repr=False)

    def __call__(self, firing: CurrentFiring) -> object:
        """Call the function."""
        return self.function(firing)


def rule(
    name: str,
    *,
    when: str = "",
    description: str | None = None,
    tags: Sequence[str] = (),
    salience: int | str = 0,
    group: str | None = None,
    auto_focus: bool = False,
    activation_group: str | None = None,
    no_loop: bool = False,
    lock_on_active: bool = False,
    enabled: bool | str = True,
    effective: tuple[str | date | None, str | date | None] | None = None,
    derives: Sequence[str | type] = (),
) -> Callable[[ActionFunction], PythonRule]:
    r"""Make a rule of a function; `RuleSet.load` and `RuleSet.parse` take it in `rules=[…]`.

    Args:
        name: The rule's name.
        when: Conditions in the rule language, one a line.
        description: A text for people.
        tags: Words for programs.
        salience: A whole number, or an expression over the rule's variables.
        group: The agenda group.
        auto_focus: Whether an activation gives the group the focus.
        activation_group: Of the rules of this group, one fires.
        no_loop: Whether a match that this rule's own firing makes is spent.
        lock_on_active: Whether a match that is made while the group has the focus is spent.
        enabled: Whether the rule is on, or an expression over params.
        effective: The first and the last day; None where there is none.
        derives: Templates, by name or class, of which the function makes facts with
            `firing.insert_logical`.

    Raises:
        TypeError: An argument is of the wrong kind, or the function does not take the firing.

    Example:
        >>> from rete_engine import RuleSet, rule
        >>> @rule("large", when="o := Order(total > 100)", salience=10)
        ... def large(firing):
        ...     firing.emit(firing.o.total)
        >>> rules = RuleSet.parse("template Order\n  total: float\nend", rules=[large])
        >>> with rules.session() as session:
        ...     _ = session.insert("Order", total=250)
        ...     session.run().outputs
        [250.0]
    """
    _check("the name that @rule('name', …) gives a rule", name, str)
    if not name.strip():
        raise TypeError("a rule's name cannot be empty")
    attributes: dict[str, Any] = {
        "description": description, "tags": tags, "salience": salience, "group": group,
        "auto_focus": auto_focus, "activation_group": activation_group, "no_loop": no_loop,
        "lock_on_active": lock_on_active, "enabled": enabled, "effective": effective,
    }  # fmt: skip
    what = f"rule '{name}': "
    _check(f"{what}when", when, str)
    for key in ("description", "group", "activation_group"):
        _check(f"{what}{key}", attributes[key], str, type(None))
    for key in ("auto_focus", "no_loop", "lock_on_active"):
        _check(f"{what}{key}", attributes[key], bool)
    _check(f"{what}salience", salience, int, str)
    _check(f"{what}enabled", enabled, bool, str)
    if isinstance(tags, str) or not all(isinstance(tag, str) for tag in tags):
        raise TypeError(f"{what}tags is a list of texts, not {tags!r}")
    if isinstance(derives, str) or not all(isinstance(each, (str, type)) for each in derives):
        raise TypeError(f"{what}derives is a list of templates, not {derives!r}")
    attributes["derives"] = [each if isinstance(each, str) else each.__name__ for each in derives]
    days: object = effective
    if days is not None:
        if not isinstance(days, tuple) or len(days) != 2:
            raise TypeError(f"{what}effective is a pair of days (first, last), not {days!r}")
        for day in days:
            _check(f"{what}effective", day, str, date, type(None))

    def decorate(function: ActionFunction) -> PythonRule:
        _check_function(name, function)
        code = code_of(function)
        file, line = (code.co_filename, code.co_firstlineno) if code is not None else ("", 0)
        return PythonRule(name, when, function, file, line, attributes)

    return decorate


def _check(what: str, value: object, *kinds: type) -> None:
    """Refuse an argument of the wrong kind; a bool is no number.

    Raises:
        TypeError: It is.
    """
    if isinstance(value, kinds) and (type(value) is not bool or bool in kinds):
        return
    names = " or ".join("None" if kind is type(None) else kind.__name__ for kind in kinds)
    raise TypeError(f"{what} must be {names}, not {value!r}")


def _check_function(name: str, function: object) -> None:
    """Refuse what cannot be called with the firing alone, or would not be done when it returns.

    Raises:
        TypeError: It is so.
    """
    if not callable(function):
        raise TypeError(f"rule '{name}': the action is a function, not {function!r}")
    code = code_of(function)
    place = f" ({code.co_filename}:{code.co_firstlineno})" if code is not None else ""
    what = f"rule '{name}'{place}"
    if inspect.isasyncgenfunction(function) or inspect.isgeneratorfunction(function):
        raise TypeError(f"{what}: the action cannot be a generator: nobody goes through it")
    try:
        inspect.signature(function).bind(object())
    except TypeError:
        raise TypeError(f"{what}: the function takes the firing, and nothing else") from None
    except ValueError:
        return  # of a builtin, which does not tell


def code_of(function: object) -> CodeType | None:
    """The code of a function, from below whatever wraps it; None where there is none."""
    function = getattr(function, "func", function)  # of functools.partial
    try:
        function = inspect.unwrap(function)  # type: ignore[arg-type]  # whatever can be called
    except ValueError:
        return None
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    return code if isinstance(code, CodeType) else None


def failing_line(function: object, error: BaseException) -> int:
    """The line of a function on which it raised an error; 0 where it is not known."""
    code = code_of(function)
    line = 0
    traceback = error.__traceback__
    while traceback is not None:
        if traceback.tb_frame.f_code is code:
            line = traceback.tb_lineno
        traceback = traceback.tb_next
    return line
