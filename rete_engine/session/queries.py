"""Queries as a program asks them: `Match`, what it asks with, and queries that stay live."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import FactError
from rete_engine.diagnostics.portable import portable
from rete_engine.expressions.frame import Answer
from rete_engine.expressions.values import Misfit, shown
from rete_engine.network.rules import QuerySpec
from rete_engine.runtime.engine import Engine
from rete_engine.runtime.memory import Element
from rete_engine.runtime.queries import Live
from rete_engine.session.fact import Fact

if TYPE_CHECKING:
    from rete_engine.session.session import Session
    from rete_engine.session.translation import Translator


class Match:
    r"""An answer of a query, by the query's variables: `match.o` or `match["o"]`.

    A variable that holds a fact shows the fact as it is now; one that holds a value keeps it. Two
    matches are equal when they answer the same query with equal variables. Variables win over
    `as_dict` and `keys`.

    Example:
        >>> from rete_engine import RuleSet
        >>> rules = RuleSet.parse('''
        ... template Order
        ...     id: int
        ...     total: float
        ... end
        ... query larger(than: float)
        ...     o := Order(total > than, net := total / 1.25)
        ... end
        ... ''')
        >>> session = rules.session()
        >>> order = session.insert("Order", id=7, total=250.0)
        >>> [match] = session.query("larger", than=100)
        >>> match.o.id, match["net"], match
        (7, 200.0, larger(o=Order(id=7, total=250.0), net=200.0))
    """

    __slots__ = ("_name", "_values")

    _name: str
    _values: Mapping[str, Any]

    def __init__(self, name: str, values: Mapping[str, Any]) -> None:
        object.__setattr__(self, "_name", name)
        object.__setattr__(self, "_values", values)

    def __getattribute__(self, name: str) -> Any:
        if name[:1] != "_":
            values: Mapping[str, Any] = object.__getattribute__(self, "_values")
            if name in values:
                return values[name]
        return object.__getattribute__(self, name)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(self._unknown(name))

    def __getitem__(self, name: str) -> Any:
        if name not in self._values:
            raise KeyError(self._unknown(name))
        return self._values[name]

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a match cannot be written to")

    def __contains__(self, name: object) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def keys(self) -> Iterable[str]:
        """The names of the variables, so that `dict(match)` is `match.as_dict()`."""
        return self._values.keys()

    def __reduce__(self) -> tuple[type[Match], tuple[str, Mapping[str, Any]]]:
        return Match, (self._name, self._values)

    def _portable(self) -> dict[str, Any]:
        """As part of an error that is pickled: without facts of a session."""
        found: dict[str, Any] = portable(dict(self._values))
        return found

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Match):
            return NotImplemented
        return self._name == other._name and self._values == other._values

    def __hash__(self) -> int:
        facts = [value for value in self._values.values() if isinstance(value, Fact)]
        return hash((self._name, *facts))

    def as_dict(self) -> dict[str, Any]:
        """The variables and what they hold, in the order in which the query binds them."""
        return dict(self._values)

    def _unknown(self, name: str) -> str:
        hint = did_you_mean(name, self._values)
        listed = ", ".join(self._values) or "none"
        return f"the query '{self._name}' has no variable '{name}'" + (
            f"; {hint}" if hint else f" (it binds: {listed})"
        )

    def __repr__(self) -> str:
        values = self._values.items()
        listed = ", ".join(
            f"{name}={value!r}" if isinstance(value, (Fact, Match)) else f"{name}={shown(value)}"
            for name, value in values
        )
        return f"{self._name}({listed})"


def query_named(queries: Sequence[QuerySpec], name: object) -> QuerySpec:
    """The query of a name.

    Raises:
        FactError: There is none.
    """
    for query in queries:
        if query.name == name:
            return query
    known = [query.name for query in queries]
    hint = did_you_mean(str(name), known)
    more = f"; {hint}" if hint else f" (known: {', '.join(known) or 'none'})"
    raise FactError(f"unknown query {name!r}{more}")


def arguments_of(
    query: QuerySpec, given: Mapping[str, object], engine: Engine, translator: Translator
) -> Element:
    """What a query is asked with.

    Raises:
        FactError: An argument is missing, unknown, or not of its parameter's type.
    """
    parameters = query.arguments.positions
    signature = ", ".join(f"{field.name}: {field.type}" for field in query.arguments.fields)
    where = f"it is declared as {query.name}({signature})"
    for name in given:
        if name not in parameters:
            hint = did_you_mean(name, parameters)
            raise FactError(f"the query '{query.name}' has no parameter '{name}'; {hint or where}")
    missing = [name for name in parameters if name not in given]
    if missing:
        raise FactError(f"the query '{query.name}' needs a value for '{missing[0]}'; {where}")
    values = [translator.inward(given[name]) for name in parameters]
    try:
        return engine.queries.arguments(query, values)
    except Misfit as misfit:
        raise FactError(str(misfit)) from None


class LiveQuery:
    """A query that goes on being asked until it is closed; usable with `with`.

    Made by `Session.live`.
    """

    def __init__(
        self,
        query: QuerySpec,
        arguments: Element,
        callback: Callable[[list[Match], list[Match]], object],
        session: weakref.ref[Session],
    ) -> None:
        self._query = query
        self._arguments = arguments
        self._callback = callback
        self._session = session  # which does not live for its queries
        self._live: Live | None = None  # in the engine; None before it begins and at its end
        self._matches: dict[Answer, Match] = {}
        self._closed = False

    def close(self) -> None:
        """End the calls. A second time does nothing."""
        if not self._closed:
            self._closed = True
            session = self._session()
            if session is not None:
                session._close_live(self)

    def __enter__(self) -> LiveQuery:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()


class LiveQueries:
    """The live queries of one session, over all its engines."""

    def __init__(
        self,
        translator: Translator,
        call: Callable[..., None],
    ) -> None:
        self.translator = translator
        self.call = call  # calls a function of the program; what that raises is kept
        self.open: list[LiveQuery] = []
        self.ended: list[LiveQuery] = []  # closed while the session was at work

    def begin(self, live: LiveQuery, engine: Engine) -> None:
        """Ask in an engine from now on."""
        arguments = live._arguments

        def tell(joined: list[Answer], left: list[Answer]) -> None:
            self.tell(live, joined, left)

        self.open.append(live)
        try:
            live._live = engine.queries.begin(live._query, arguments, tell)
        except BaseException:
            self.open.remove(live)
            raise

    def tell(self, live: LiveQuery, joined: list[Answer], left: list[Answer]) -> None:
        """Call back, unless the query is closed."""
        gone = [live._matches.pop(answer) for answer in left]
        come: list[Match] = []
        for answer in joined:
            match = self.translator.outward(answer)
            live._matches[answer] = match
            come.append(match)
        if not live._closed:
            self.call(live._callback, come, gone)

    def restart(self, engine: Engine) -> None:
        """Begin anew in another engine: everything left."""
        if not self.open:
            return
        for live in list(self.open):
            left = list(live._matches.values())
            live._matches.clear()
            live._live = None
            if left and not live._closed:
                self.call(live._callback, [], left)
        started, self.open = self.open, []
        for live in started:
            if not live._closed:
                record = live._arguments
                live._arguments = Element(live._query.arguments, record.values, 0)
                self.begin(live, engine)

    def close(self) -> None:
        """End, with the session."""
        for live in self.open:
            live._closed = True
            live._live = None
            live._matches.clear()
        self.open.clear()
        self.ended.clear()

    def sweep(self, engine: Engine) -> None:
        """Let go of what was closed; the session is not in the midst of anything."""
        while self.ended:
            live = self.ended.pop()
            if live in self.open:
                self.open.remove(live)
            if live._live is not None:
                engine.queries.end(live._live)
                live._live = None
            live._matches.clear()
