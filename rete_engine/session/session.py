"""`Session`: working memory, agenda and loop of one use of a rule set."""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, Never

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import FactError, SessionError
from rete_engine.expressions.values import shown
from rete_engine.network.compiled import Compiled
from rete_engine.network.rules import RuleSpec
from rete_engine.runtime.changes import Changes
from rete_engine.runtime.engine import Engine
from rete_engine.runtime.errors import SessionLimitError
from rete_engine.runtime.queries import QueryFailure
from rete_engine.session.batch import Batch
from rete_engine.session.collector import held_back
from rete_engine.session.derivations import Why
from rete_engine.session.events import EVENTS, Subscription
from rete_engine.session.explanations import RuleMatches, WhyNot
from rete_engine.session.fact import Fact, matches
from rete_engine.session.queries import LiveQuery, Match, arguments_of, query_named
from rete_engine.session.results import Firing, Waiting
from rete_engine.session.rows import insert_rows
from rete_engine.session.run_result import RunResult
from rete_engine.session.running import Runner, check_count
from rete_engine.session.settings import Settings, Shared
from rete_engine.session.translation import Translator

if TYPE_CHECKING:
    from rete_engine.session.explaining import Explainer


_is_ending = sys.is_finalizing


def by_name(method: str, what: str, example: str) -> TypeError:
    """The error of a call with something by position that is given by name."""
    return TypeError(f"{method} takes {what} by their names: {example}")


class Session:
    """One use of a rule set: facts come and go, and `run` fires what they make true.

    Made by `RuleSet.session`. It belongs to one thread at a time, and its methods cannot be
    called by functions and listeners that it is calling itself. Use it with `with`, or `close`
    it.

    Example:
        >>> from rete_engine import RuleSet
        >>> rules = RuleSet.parse('''
        ... template Order key(id)
        ...     id: int
        ...     status: str = "new"
        ... end
        ... rule "take"
        ... when
        ...     o := Order(status == "new")
        ... then
        ...     modify o(status = "taken")
        ... end
        ... ''')
        >>> with rules.session() as session:
        ...     order = session.insert("Order", id=1)
        ...     session.run().fired, order.status
        (1, 'taken')
    """

    def __init__(self, shared: Shared, settings: Settings) -> None:
        self._runner = runner = Runner(shared, settings)
        self._gate = runner.gate
        runner.open()

    @property
    def _engine(self) -> Engine:
        return self._runner.engine

    @property
    def _translator(self) -> Translator:
        return self._runner.translator

    @property
    def _compiled(self) -> Compiled:
        return self._runner.shared.compiled

    # -- opening and closing -------------------------------------------------------------------

    def reset(self) -> None:
        """Begin anew, as if the session were opened again.

        Params, strategy and listeners stay; facts, activations and the seed's place in its
        sequence do not.
        """
        runner = self._runner
        with runner:
            runner.reset()

    def close(self) -> None:
        """End the session and free its memory. Every other method then raises `SessionError`.

        Facts that the program still holds can be read; they are no longer live.
        """
        if self._gate.busy:
            self._gate.refuse()
        self._runner.close()

    def __del__(self) -> None:
        """End a session that is dropped, as `close` does: what it held is freed at once.

        Nothing that the library makes of a session refers back to it. One that the program's own
        functions refer to is found by Python's collector, in whichever thread.
        """
        try:
            runner = self._runner
        except AttributeError:  # it could not be opened
            return
        # At the end of the program all goes anyway, and modules lose what they are made of.
        if not _is_ending():
            runner.close()

    def __repr__(self) -> str:
        if self._gate.unusable:
            return "<Session: closed>"
        count = self._engine.memory.count
        return f"<Session: {count} fact{'' if count == 1 else 's'}>"

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # -- facts ---------------------------------------------------------------------------------

    def insert(self, template: Any, /, *_unnamed: Never, **fields: Any) -> Fact:
        """Insert a fact.

        Args:
            template: A template's name, or an object of a class that is a template.
            fields: The fact's fields, when a name is given.

        Returns:
            The new fact; for a `unique` template, the equal one that is there already. For an
            object that stands for a fact already, that one, unchanged: `update` reads the object
            again.

        Raises:
            FactError: The template or a field is unknown, a value does not fit, or a key is in
                use. Nothing changed.
        """
        if _unnamed:
            raise by_name("insert", "fields", "insert(template, **row)")
        return self._gate.insert(template, fields)

    def insert_many(self, template: str | None, rows: Any, *, facts: bool = False) -> Any:
        """Insert many facts: all, or none when one does not fit.

        Args:
            template: A template's name; None when the rows are objects of template classes.
            rows: Mappings; or tuples or lists of the values of all fields in their order; or
                objects of template classes; or a pandas or Polars frame, an Arrow table, or
                another frame that narwhals knows. What is missing in a frame (null, None, NaT,
                in pandas NaN too) is the field's default, else none where the field may be none.
            facts: Whether to answer with the facts instead of their number.

        Returns:
            How many rows there were, or the fact of each: as of `insert`, one that is there
            already may be it.

        Raises:
            FactError: A row does not fit; it is named by its number, counted from 1.
        """
        with self._runner, held_back(self._engine.memory.weight):
            memory = self._engine.memory
            elements = insert_rows(memory, self._translator, template, rows)
            return [self._translator.fact_of(e) for e in elements] if facts else len(elements)

    def modify(self, fact: Any, /, *_unnamed: Never, **fields: Any) -> None:
        """Change fields of a fact, given as a `Fact` or as the object it was inserted from.

        Raises:
            FactError: The fact is gone, a field is unknown, a value does not fit, or a key is in
                use. Nothing changed.
        """
        if _unnamed:
            raise by_name("modify", "fields", "modify(fact, **changes)")
        self._gate.modify(fact, fields)

    def update(self, instance: object, /) -> None:
        """Read the object of a fact again and change the fields that differ.

        Raises:
            FactError: No fact was inserted from the object, or a value does not fit.
        """
        with self._runner:
            translator = self._translator
            element = translator.element_of(instance)
            given = translator.fields(instance, element.type.name)
            changes = Changes(self._engine.memory)
            changes.modify(element, translator.all_inward(given))
            changes.commit()

    def replace(self, fact: Fact, instance: object, /) -> Fact:
        """Let another object stand for a fact: of the same template the fact is modified.

        Returns:
            The fact of the object: a new one where its template is another.

        Raises:
            FactError: The fact is gone, the object's class is no template or it stands for
                another fact, or a value does not fit. Nothing changed.
        """
        with self._runner:
            translator = self._translator
            element = translator.element_of(fact)
            spec, given = translator.given(instance, {})
            other = translator.standing(instance)
            if other is not None and other is not element:
                raise FactError(
                    f"the object stands for fact {other.number} ({other.type.name}) already;"
                    " retract that one first"
                )
            changes = Changes(self._engine.memory)
            if spec is element.type:
                changes.modify(element, given)
                translator.forget(element)  # before anything is written back to it
                changes.commit()
            else:
                changes.retract(element)
                replacement = changes.insert(spec, spec.build(given, changes.limits))
                changes.commit()
                element = replacement
            translator.remember(instance, element)
            self._runner.events.adjust()
            return translator.fact_of(element)

    def object_of(self, fact: Fact, /) -> Any:
        """The object of a fact: the one it was inserted from, else a new one, made once.

        What rules change is written back to it, too, in a session that writes back. A fact of a
        template without a class is its own object.

        Raises:
            FactError: The fact is gone, or belongs to another session.
        """
        with self._runner:
            translator = self._translator
            element = translator.element_of(fact)
            known = translator.instances.get(element)
            if known:
                return known[0]
            made = translator.build_object(element)
            if made is None:
                return fact
            translator.remember(made, element)
            self._runner.events.adjust()
            return made

    def upsert(self, template: str, /, *_unnamed: Never, **fields: Any) -> Fact:
        """Change the given fields of the fact that has the key, or insert a fact.

        Raises:
            FactError: The template has no key, a key field is missing, or a value does not fit.
        """
        if _unnamed:
            raise by_name("upsert", "fields", "upsert(template, **row)")
        with self._runner:
            spec, given = self._translator.given(template, fields)
            changes = Changes(self._engine.memory)
            element = changes.upsert(spec, given)
            changes.commit()
            return self._translator.fact_of(element)

    def retract(self, fact: Any, /) -> None:
        """Retract a fact, given as a `Fact` or as the object it was inserted from.

        One that is gone already stays gone.

        Raises:
            FactError: The object is no fact of this session.
        """
        self._gate.retract(fact)

    @contextmanager
    def batch(self) -> Iterator[Batch]:
        """Several changes, all or none.

        Within the `with` block, call `insert`, `modify`, `upsert` and `retract` on what it gives.
        They are checked one by one and made together at the end; an exception drops them all.
        """
        with self._runner:
            memory = self._engine.memory
            batch = Batch(self._translator, Changes(memory))
            before = (memory.matcher.tag, memory.count)
        try:
            yield batch
            with self._runner:
                if before != (memory.matcher.tag, memory.count) or memory is not self._gate.memory:
                    raise SessionError("the session was changed while a batch was open")
                batch.commit()
        except SessionLimitError as error:
            self._gate.fail(error)
            raise
        finally:
            batch.end()

    def facts(self, template: str | None = None, /, *_unnamed: Never, **equal: Any) -> list[Fact]:
        """The facts of a template and of those that extend it, in the order of insertion.

        Args:
            template: A template's name; None for the facts of all that have these fields.
            equal: Values that fields must have.

        Raises:
            FactError: The template or a field is unknown, or a value is none of the language.
        """
        if _unnamed:
            raise by_name("facts", "fields", "facts(template, field=value)")
        with self._runner:
            memory = self._engine.memory
            spec = None if template is None else self._translator.spec(template)
            wanted = self._translator.wanted(spec, equal, self._engine.context.limits)
            found = memory.all() if spec is None else memory.of(spec)
            fact_of = self._translator.fact_of
            return [fact_of(e) for e in found if not wanted or matches(e, wanted)]

    # -- queries -------------------------------------------------------------------------------

    def query(self, name: str, /, *_unnamed: Never, **arguments: Any) -> list[Match]:
        """Ask a query: what matches its conditions now, in the order of the matched facts.

        Asking changes nothing: no firing, no number of a fact, no limit on facts.

        Args:
            name: The query's name.
            arguments: A value for each of its parameters.

        Raises:
            FactError: The query or an argument is unknown, one is missing or not of its type.
            RuleExecutionError: A condition of the query failed.
            SecurityError: The session would hold more partial matches than its limit.
        """
        if _unnamed:
            raise by_name("query", "arguments", f"query({name!r}, parameter=…)")
        with self._runner:
            spec = query_named(self._compiled.network.queries, name)
            record = arguments_of(spec, arguments, self._engine, self._translator)
            try:
                answers = self._engine.queries.ask(spec, record)
            except QueryFailure as failure:
                # In no variable: the error will hold this frame.
                raise self._runner.condition_failed(failure.failure) from failure.failure.error
            return [self._translator.outward(answer) for answer in answers]

    def live(
        self,
        name: str,
        callback: Callable[[list[Match], list[Match]], object],
        /,
        **arguments: Any,
    ) -> LiveQuery:
        """Go on asking a query: a function hears what joins its answers and what leaves them.

        It is called with two lists, of the matches that joined and of those that left: at once
        if there are answers already, then after every change of a fact that changes the answers.
        A match that changed in what the query reads of it left and joined anew. A match leaves as
        the same object that joined. After a `reset` everything left, and the query goes on.

        Args:
            name: The query's name.
            callback: The function. It cannot use the session's methods.
            arguments: A value for each of the query's parameters.

        Returns:
            Something whose `close()` ends the calls.

        Raises:
            FactError: The query or an argument is unknown, one is missing or not of its type.
            RuleExecutionError: A condition of the query fails now. Later, the method that makes
                one fail raises this.
        """
        if not callable(callback):
            raise SessionError(f"the callback for '{name}' cannot be called: {callback!r}")
        with self._runner:
            spec = query_named(self._compiled.network.queries, name)
            record = arguments_of(spec, arguments, self._engine, self._translator)
            live = LiveQuery(spec, record, callback, weakref.ref(self))
            try:
                self._runner.live_queries().begin(live, self._engine)
            except QueryFailure as failure:
                # In no variable: the error will hold this frame.
                raise self._runner.condition_failed(failure.failure) from failure.failure.error
            return live

    def _close_live(self, live: LiveQuery) -> None:
        """Let go of a live query: now, or when the session is next used and not at work."""
        self._runner.live_queries().ended.append(live)
        if not (self._gate.busy or self._gate.unusable):
            with self._runner:
                pass

    # -- running -------------------------------------------------------------------------------

    def run(
        self,
        limit: int | None = None,
        timeout: float | None = None,
        *,
        trace: bool = False,
    ) -> RunResult:
        """Fire rules until nothing waits, an action halts, or a bound is reached.

        Args:
            limit: The most firings to try.
            timeout: Seconds after which no further rule fires.
            trace: Whether the result lists every firing.

        Raises:
            RuleExecutionError: An action or a condition failed, with `on_error="raise"`.
            SecurityError: The session is over one of its limits.
        """
        return self._runner.run(limit, timeout, trace, None)

    async def run_async(
        self,
        limit: int | None = None,
        timeout: float | None = None,
        *,
        trace: bool = False,
    ) -> RunResult:
        """As `run`, but wait for the async functions that actions call, in the order of firing.

        Rules run in a thread of their own meanwhile, so the event loop is free, and the session
        belongs to that thread until the run is over. When the task is cancelled, what is waited
        for is cancelled too, its firing did not happen and its match waits again.

        Args:
            limit: The most firings to try.
            timeout: Seconds after which no further rule fires; what is waited for is not bound.
            trace: Whether the result lists every firing.

        Raises:
            RuleExecutionError: As `run`.
            SecurityError: As `run`.

        Example:
            >>> import asyncio
            >>> from rete_engine import RuleSet
            >>> async def score(customer):
            ...     await asyncio.sleep(0)
            ...     return 7
            >>> rules = RuleSet.parse(
            ...     '''
            ... external function score(customer: str) -> int
            ... rule "ask"
            ... when
            ... then
            ...     emit score("ada")
            ... end
            ... ''',
            ...     functions={"score": score},
            ... )
            >>> with rules.session() as session:
            ...     asyncio.run(session.run_async()).outputs
            [7]
        """
        return await self._runner.events.waiter().run(
            partial(self._runner.run, limit, timeout, trace)
        )

    def step(self) -> Firing | None:
        """Fire one rule and tell of it; None when nothing waits.

        What it emitted, and errors that were passed over, are in the result of the next `run`.

        Raises:
            RuleExecutionError: As `run`.
        """
        while True:
            result = self.run(1, trace=True)
            self._runner.keep(result)
            if result.firings:
                return result.firings[0]
            if result.stopped != "limit":
                return None

    def agenda(self, limit: int | None = 20, *, group: str | None = None) -> list[Waiting]:
        """What would fire as things stand, the next one first. Looking changes nothing.

        Args:
            limit: The most to list; None for all.
            group: List what waits in this agenda group instead, whether or not it will have the
                focus.

        Raises:
            SessionError: No rule knows the group, or the limit is no whole number.
        """
        if limit is not None:
            check_count(limit)
        with self._runner:
            number = -1 if group is None else self._group(group)
            waiting = self._engine.waiting(number, sys.maxsize if limit is None else limit)
            return [self._runner.events.waiting(c.reading, c.salience, c.link) for c in waiting]

    def matches(self, rule: str, /, *, limit: int = 20) -> RuleMatches:
        """The conditions of a rule, and the partial matches behind each. Looking changes nothing.

        Conditions are asked in the order in which they are written. External functions that they
        call are called.

        Args:
            rule: The rule's name.
            limit: The most partial matches to list of each condition; all are counted.

        Raises:
            SessionError: There is no such rule.
        """
        check_count(limit)
        with self._runner:
            return self._explainer(rule).matches(limit)

    def why_not(self, rule: str, /, **bindings: Any) -> WhyNot:
        """Why a rule does not fire. Looking changes nothing.

        For each condition, how many matches reach it and pass it; the first that none passes; and
        the facts that come nearest. A rule that waits, is disabled, or fired is told as what it is.

        Args:
            rule: The rule's name.
            bindings: Values that variables of the rule must have, to ask of one case.

        Raises:
            SessionError: There is no such rule, or it has no such variable.
            FactError: A fact given is not in working memory.
        """
        with self._runner:
            return self._explainer(rule).why_not(bindings)

    def why(self, fact: Any, /, *, depth: int = 30, limit: int = 500) -> Why:
        """Where a fact comes from: a tree of firings and facts, down to what came from outside.

        A fact that a firing inserted or changed, one that was inserted logically, and what a rule
        in Python did are all told. Of the firings that changed a fact the last one is known.
        Looking changes nothing.

        Args:
            fact: The fact, given as a `Fact` or as the object it was inserted from.
            depth: The most firings in a row to follow, at most 200.
            limit: The most facts to list.

        Raises:
            FactError: The fact is not in working memory.
            SessionError: The session was opened with `explain=False`.
        """
        if not self._runner.settings.explain:
            raise SessionError("the session keeps no records for why: it has explain=False")
        for name, number, most in (("depth", depth, 200), ("limit", limit, sys.maxsize)):
            if type(number) is not int or not 0 < number <= most:
                bound = f" to {most}" if most < sys.maxsize else ""
                raise SessionError(f"{name} is a whole number from 1{bound}, not {shown(number)}")
        with self._runner:
            from rete_engine.session.tracer import Tracer

            element = self._translator.element_of(fact)
            places = self._compiled.facts_places
            if len(places) != self._runner.seeded:  # a `unique` template took one for another
                places = ("",) * self._runner.seeded
            tracer = Tracer(self._engine, self._translator, self._runner.shared.meanings, places)
            return tracer.why(element, depth, limit)

    def _explainer(self, rule: str) -> Explainer:
        # Most sessions are never asked, and need no compiler.
        from rete_engine.session.explaining import Explainer

        spec = self._rule(rule)
        meaning = self._runner.shared.meanings.of(spec.name)
        return Explainer(self._engine, self._translator, spec, meaning)

    def focus(self, group: str) -> None:
        """Put an agenda group on top of the focus stack, so that its rules fire first.

        The stack persists between runs. A group without activations loses the focus when a run
        comes to it; `main`, at the bottom of the stack, never does.

        Raises:
            SessionError: No rule knows the group.
        """
        with self._runner:
            self._engine.agenda.focus(self._group(group))

    def enable(self, rule: str) -> None:
        """Turn a rule on: matches that wait for it come to the agenda, as if they came now."""
        with self._runner:
            self._engine.agenda.enable(self._rule(rule))

    def disable(self, rule: str) -> None:
        """Turn a rule off: its activations are held back until it is turned on, or a reset."""
        with self._runner:
            self._engine.agenda.disable(self._rule(rule))

    def _rule(self, name: str) -> RuleSpec:
        for rule in self._compiled.network.rules:
            if rule.name == name:
                return rule
        hint = did_you_mean(name, [rule.name for rule in self._compiled.network.rules])
        raise SessionError(f"unknown rule '{name}'" + (f"; {hint}" if hint else ""))

    def _group(self, name: str) -> int:
        groups = self._compiled.network.groups
        if name in groups:
            return groups.index(name)
        hint = did_you_mean(name, groups)
        raise SessionError(f"no rule is in a group '{name}'" + (f"; {hint}" if hint else ""))

    def on(self, event: str, callback: Callable[..., object]) -> Subscription:
        """Call a function at every event of a kind.

        Args:
            event: `insert` and `retract` (called with the fact), `modify` (the fact and a dict of
                the changed fields' old values), `activate` and `cancel` (a `Waiting`), `fire` (a
                `Firing`), or `error` (a `RuleExecutionError`).
            callback: The function. It cannot use the session's methods.

        Returns:
            Something whose `close()` ends the calls.
        """
        if event not in EVENTS:
            raise SessionError(f"unknown event {event!r}; it is one of {', '.join(EVENTS)}")
        if not callable(callback):
            raise SessionError(f"the callback for '{event}' cannot be called: {callback!r}")
        with self._runner:
            return self._runner.events.subscribe(event, callback)
