"""`Fact`: what a program holds of a fact in working memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any, NoReturn, cast

from rete_engine.expressions.values import equal, shown
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.handle import Handle
from rete_engine.runtime.memory import Element

if TYPE_CHECKING:
    from rete_engine.session.translation import Translator


#: The attributes of a handle, which are no fields.
_OWN = frozenset(["_element", "_translator"])


class Fact(Handle):
    r"""A fact of a session, by its fields: `fact.total` or `fact["total"]`.

    `"total" in fact`, and iterating, ask for the names of the fields; `dict(fact)` is
    `fact.as_dict()`. A copy is the same fact. It cannot be pickled; a dict of it can.

    It shows the present values, also after the fact was modified; after a retract, the last
    ones. Two `Fact`s are equal when they stand for the same fact, whatever the fields. Fields
    win over the names below, so a field may be called `template` (and the rest is then reached
    through the session). Writing to a field raises: `session.modify` is the way.

    Attributes:
        fact_id: Number of the fact in its session, counted from 1 in the order of insertion.
        template: Name of its template.
        is_live: Whether it is in working memory.
        object: For a fact of a Python class, a new object with the present values, else None.

    Example:
        >>> from rete_engine import RuleSet
        >>> session = RuleSet.parse("template Order\n  id: int\nend\n").session()
        >>> order = session.insert("Order", id=7)
        >>> order.id, order["id"], order.template, order.is_live
        (7, 7, 'Order', True)
    """

    __slots__ = ("__weakref__",)

    _translator: Translator

    def __getattribute__(self, name: str) -> Any:
        if name[:1] != "_":
            element: Element = object.__getattribute__(self, "_element")
            index = element.type.positions.get(name)
            translator: Translator = object.__getattribute__(self, "_translator")
            if index is not None:
                return translator.outward(translator.values(element)[index])
            if element.type.open and name in (more := translator.further(element)):
                return translator.outward(more[name])
        return object.__getattribute__(self, name)

    def __getattr__(self, name: str) -> Any:
        if name in _OWN:
            raise AttributeError(name)  # of a handle that is none yet
        element = self._element
        if element.type.open and not name.startswith("_"):
            return None  # a further field that is not there
        assert isinstance(element.type, TemplateSpec)
        raise AttributeError(str(element.type.unknown_field(name)))

    def __getitem__(self, name: str) -> Any:
        element = self._element
        index = element.type.positions.get(name)
        if index is not None:
            return self._translator.outward(self._translator.values(element)[index])
        if element.type.open:
            return self._translator.outward(self._translator.further(element).get(name))
        assert isinstance(element.type, TemplateSpec)
        raise KeyError(str(element.type.unknown_field(name)))

    def __contains__(self, name: object) -> bool:
        element = self._element
        if name in element.type.positions:
            return True
        return element.type.open and name in self._translator.further(element)

    def __iter__(self) -> Iterator[str]:
        return iter(Fact.as_dict(self))

    def keys(self) -> Iterable[str]:
        """The names of the fields, so that `dict(fact)` is `fact.as_dict()`."""
        return Fact.as_dict(self).keys()

    def __copy__(self) -> Fact:
        return self

    def __deepcopy__(self, memo: object) -> Fact:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"{self!r} belongs to a living session and cannot be pickled; pickle its as_dict()"
        )

    def _portable(self) -> dict[str, Any]:
        """As part of an error that is pickled: the fields, with facts among them as texts."""
        return {name: _plain(value) for name, value in Fact.as_dict(self).items()}

    def __setattr__(self, name: str, value: object) -> None:
        if name[:1] == "_":  # where the core is not compiled, its own attributes come by here
            object.__setattr__(self, name, value)
            return
        raise AttributeError(
            f"a fact cannot be written to; use session.modify(fact, {name}=…), or firing.modify"
            " in an action of Python"
        )

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a field cannot be deleted; use session.modify(fact, …)")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Fact) and self._element is other._element

    def __hash__(self) -> int:
        return hash(self._element)

    @property
    def fact_id(self) -> int:
        """Number of the fact in its session."""
        return self._element.number

    @property
    def template(self) -> str:
        """Name of its template."""
        return self._element.type.name

    @property
    def is_live(self) -> bool:
        """Whether it is in working memory."""
        return self._element.is_live

    @property
    def object(self) -> Any:
        """A new object of the fact's class with the present values; None without a class."""
        return self._translator.build_object(self._element)

    def as_dict(self) -> dict[str, Any]:
        r"""The fields and their values, the further ones of an open template too.

        Example:
            >>> from rete_engine import RuleSet
            >>> session = RuleSet.parse("template T\n  a: int\n  b: list = [1]\nend\n").session()
            >>> session.insert("T", a=1).as_dict()
            {'a': 1, 'b': [1]}
        """
        element = self._element
        outward = self._translator.outward
        now = self._translator.values(element)
        values = {n: outward(now[i]) for n, i in element.type.positions.items()}
        if element.type.open:
            more = self._translator.further(element)
            values.update({name: outward(value) for name, value in more.items()})
        return values

    def __repr__(self) -> str:
        return describe(self._element)


class PastFact:
    r"""A fact as it was at some time, by its fields: `past["total"]`.

    Attributes:
        fact: The fact, which shows its present values.

    Example:
        >>> from rete_engine import RuleSet
        >>> rules = RuleSet.parse('''
        ... template Order
        ...     status: str = "new"
        ... end
        ... rule "take"
        ... when
        ...     o := Order(status == "new")
        ... then
        ...     modify o(status = "taken")
        ... end
        ... ''')
        >>> session = rules.session()
        >>> _ = session.insert("Order")
        >>> order = session.step().matched["o"]
        >>> order, order["status"], order.fact.status
        (Order(status='new'), 'new', 'taken')
    """

    __slots__ = ("_values", "fact")

    def __init__(self, fact: Fact, values: tuple[object, ...]) -> None:
        self.fact = fact
        self._values = values

    def __getitem__(self, name: str) -> Any:
        return self.as_dict()[name]

    def __contains__(self, name: object) -> bool:
        return name in self.as_dict()

    def __iter__(self) -> Iterator[str]:
        return iter(self.as_dict())

    def keys(self) -> Iterable[str]:
        """The names of the fields, so that `dict(past)` is `past.as_dict()`."""
        return self.as_dict().keys()

    def __copy__(self) -> PastFact:
        return self

    def __deepcopy__(self, memo: object) -> PastFact:
        return self

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"{self!r} belongs to a living session and cannot be pickled; pickle its as_dict()"
        )

    def _portable(self) -> dict[str, Any]:
        """As part of an error that is pickled: the fields, with facts among them as texts."""
        return {name: _plain(value) for name, value in self.as_dict().items()}

    def as_dict(self) -> dict[str, Any]:
        """The fields and their values, the further ones of an open template too."""
        element, outward = self.fact._element, self.fact._translator.outward
        fields = {n: outward(self._values[i]) for n, i in element.type.positions.items()}
        if element.type.open:
            more = cast("dict[str, object]", self._values[0])
            fields.update({name: outward(value) for name, value in more.items()})
        return fields

    def __repr__(self) -> str:
        return described(self.fact._element, self._values)


def _plain(value: Any) -> object:
    """A value without facts: facts may refer to each other in a circle, so each is a text."""
    if isinstance(value, (Fact, PastFact)):
        return repr(value)
    if isinstance(value, dict):
        return {_plain(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return type(value)([_plain(item) for item in value])
    return value


def further(element: Element) -> dict[str, object]:
    """The further fields of a fact of an open template."""
    fields = element.values[0]
    assert isinstance(fields, dict)
    return fields


def describe(element: Element) -> str:
    """A fact in a line, as it would be written in a rule file."""
    return described(element, element.values)


def described(element: Element, values: tuple[object, ...]) -> str:
    """As `describe`, with values that the fact has or had."""
    # Fields that nobody could write are the engine's own.
    positions = {n: i for n, i in element.type.positions.items() if n.isidentifier()}
    fields = [(n, values[i]) for n, i in positions.items()]
    if element.type.open:
        fields.extend(cast("dict[str, object]", values[0]).items())
    listed = ", ".join(f"{name}={_shown(value)}" for name, value in fields)
    return f"{element.type.name}({listed})"


def _shown(value: object) -> str:
    """A value in few characters, never an error; of a fact only its template and number."""
    if isinstance(value, Element):
        return f"<{value.type.name} {value.number}>"
    return shown(value)


def matches(element: Element, wanted: dict[str, object]) -> bool:
    """Whether a fact has these fields, with these values."""
    for name, value in wanted.items():
        index = element.type.positions.get(name)
        if index is not None:
            present = element.values[index]
        elif element.type.open:
            present = further(element).get(name)
        else:
            return False
        if not equal(present, value):
            return False
    return True
