"""Queries: asked once, or live.

To ask is to send a record of the arguments through the network as if it were a fact, and to take
what arrives at the query's end. It is none: it has no number and no time tag, no rule can match
it, and no listener hears of it. Asked once, the record is taken out again, and everything that
was built on it goes with it; live, it stays.

Indexes that only queries use are built when one of these is first asked, and kept up to date from
then on. A query that nobody asks costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

from rete_engine.diagnostics.errors import SecurityError
from rete_engine.expressions.errors import EvaluationError, Misfit
from rete_engine.expressions.frame import Answer, Link
from rete_engine.expressions.reads import answer_of
from rete_engine.expressions.values import store
from rete_engine.network.nodes import AnswerSpec
from rete_engine.network.rules import QuerySpec
from rete_engine.runtime.conditions import Failure
from rete_engine.runtime.endings import AnswerToken
from rete_engine.runtime.errors import SessionLimitError
from rete_engine.runtime.matcher import Matcher
from rete_engine.runtime.memory import Element
from rete_engine.runtime.working_memory import WorkingMemory


class QueryFailure(EvaluationError):  # noqa: N818 - the session makes an error of its own of it
    """Conditions of a query raised while it was asked."""

    def __init__(self, failure: Failure) -> None:
        place = failure.origins[0]
        super().__init__(
            f"a condition of query '{place.rule}' failed ({place.file}:{place.line}):"
            f" {failure.error}"
        )
        self.failure = failure


@final
class Live:
    """A query that goes on being asked."""

    __slots__ = ("arguments", "current", "query", "tell")

    def __init__(
        self,
        query: QuerySpec,
        arguments: Element,
        tell: Callable[[list[Answer], list[Answer]], None],
    ) -> None:
        self.query = query
        self.arguments = arguments
        self.tell = tell  # takes the answers that joined and those that left
        self.current: dict[AnswerToken, Answer] = {}


@final
class Queries:
    """The queries of one session."""

    __slots__ = ("lives", "matcher", "memory", "on_failure")

    def __init__(self, memory: WorkingMemory, matcher: Matcher) -> None:
        self.memory = memory
        self.matcher = matcher
        # Takes the errors of conditions of live queries.
        self.on_failure: Callable[[Failure], None] | None = None
        self.lives: dict[Element, Live] = {}  # by the record of the arguments, oldest first

    def arguments(self, query: QuerySpec, values: list[object]) -> Element:
        """The record of arguments, given in the order of the parameters.

        Raises:
            Misfit: One is not of its parameter's type.
        """
        limits = self.matcher.context.limits
        fields = query.arguments.fields
        stored: list[object] = []
        for position in range(len(fields)):
            try:
                stored.append(store(values[position], fields[position].type, limits))
            except Misfit as error:
                raise Misfit(f"{query.name}({fields[position].name}): {error}") from None
        return Element(query.arguments, tuple(stored), 0)

    def ask(self, query: QuerySpec, arguments: Element) -> list[Answer]:
        """The answers that hold now, in their order.

        Raises:
            QueryFailure: A condition raised.
            SecurityError: The session would hold too many partial matches.
        """
        matcher = self.matcher
        self.wake(query)
        answers: list[Answer] = []
        try:
            matcher.arrive(arguments)
            answers = [self.answer(token) for token in in_order(matcher.news)]
        except SessionLimitError as error:
            raise SecurityError(str(error)) from None
        finally:
            self.take_out(arguments)
            failures = matcher.query_failures
            matcher.query_failures = []
        if failures:
            raise QueryFailure(first_of(failures))
        return answers

    def take_out(self, arguments: Element) -> None:
        """Remove a record of arguments, and all that was built on it."""
        matcher = self.matcher
        # There is something only where the work was cut short.
        matcher.alpha_network.forget()
        if matcher.unsettled.waiting:
            matcher.unsettled.clear()
        matcher.retract(arguments)
        matcher.news.clear()

    def answer(self, token: AnswerToken) -> Answer:
        """What a match answers."""
        spec = token.node.spec
        assert isinstance(spec, AnswerSpec)
        frame = self.matcher.frame
        frame.link = token
        frame.record = None
        return answer_of(spec.query.answers, spec.bindings, frame)

    def wake(self, query: QuerySpec) -> None:
        """Build what only queries use, when it is first needed."""
        matcher = self.matcher
        if query.entrances[0] in matcher.alpha_network.alphas:
            return
        for right in query.rights:
            if right not in matcher.alpha_network.rights:
                matcher.alpha_network.awaken(right, self.memory.of(right.alpha.template), matcher)
        for entrance in query.entrances:
            matcher.alpha_network.live_alpha(entrance, matcher)

    # -- live ----------------------------------------------------------------------------------

    def begin(
        self,
        query: QuerySpec,
        arguments: Element,
        tell: Callable[[list[Answer], list[Answer]], None],
    ) -> Live:
        """Go on asking: `tell` hears of the answers that hold now, and of each change of them.

        Raises:
            QueryFailure: A condition raises now.
            SecurityError: The session would hold too many partial matches.
        """
        matcher = self.matcher
        self.wake(query)
        failures: list[Failure] = []
        try:
            matcher.arrive(arguments)
            failures = matcher.query_failures
        except SessionLimitError as error:
            self.take_out(arguments)
            raise SecurityError(str(error)) from None
        except BaseException:
            self.take_out(arguments)
            raise
        finally:
            matcher.query_failures = []
        if failures:
            self.take_out(arguments)
            raise QueryFailure(first_of(failures))
        live = Live(query, arguments, tell)
        self.lives[arguments] = live
        self.memory.after_change = self.flush
        self.flush()
        return live

    def end(self, live: Live) -> None:
        """Ask no more."""
        if self.lives.pop(live.arguments, None) is not None:
            self.take_out(live.arguments)
            live.current.clear()
            if not self.lives:
                self.memory.after_change = None

    def flush(self) -> None:
        """Tell what a change of working memory brought about."""
        matcher = self.matcher
        if matcher.query_failures:
            failures = matcher.query_failures
            matcher.query_failures = []
            if self.on_failure is not None:
                for failure in failures:
                    self.on_failure(failure)
        if not matcher.news:
            return
        news = matcher.news
        matcher.news = []
        left: dict[Element, list[Answer]] = {}
        for token in news:
            if token.told and not token.is_live:
                answer = self.lives[token.owner].current.pop(token)
                left.setdefault(token.owner, []).append(answer)
        joined: dict[Element, list[Answer]] = {}
        for token in in_order([token for token in news if not token.told and token.is_live]):
            token.told = True
            answer = self.answer(token)
            self.lives[token.owner].current[token] = answer
            joined.setdefault(token.owner, []).append(answer)
        for arguments, live in list(self.lives.items()):
            gone = sorted(left.get(arguments, ()), key=number_of)
            come = joined.get(arguments, [])
            if gone or come:
                live.tell(come, gone)

    def close(self, records: list[Element]) -> None:
        """End, with the session; the records of arguments, to take apart, go into a list."""
        if self.lives:
            records.extend(self.lives)
            self.lives.clear()
        self.on_failure = None


def first_of(failures: list[Failure]) -> Failure:
    """The first of some failures, of which none is left in the list.

    An error may hold the frame that the list is in, which must not hold the error.
    """
    first = failures[0]
    failures.clear()
    return first


def in_order(tokens: list[AnswerToken]) -> list[AnswerToken]:
    """Answers by the facts that they matched, those of the first alternative and pattern first.

    Tokens arrive in the order in which joins found them, which depends on what came and went
    before. Where two have the same facts (a `for` gives several), they stay as they came.
    """
    alive = [token for token in tokens if token.is_live]
    if len(alive) > 1:
        alive.sort(key=place_of)
    return alive


def place_of(token: AnswerToken) -> list[int]:
    """The sort key of answers: the alternative, then the numbers of the facts, as written."""
    spec = token.node.spec
    assert isinstance(spec, AnswerSpec)
    place = [spec.reading]
    for steps in spec.order:
        link: Link | None = token
        for _ in range(steps):
            assert link is not None
            link = link.parent
        assert link is not None
        element = link.item
        assert isinstance(element, Element)
        place.append(element.number)
    return place


def number_of(answer: Answer) -> int:
    """The sort key of answers that left: as they joined."""
    return answer.number
