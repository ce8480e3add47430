"""The naive engine: after every change, all matches of all rules are computed from scratch.

It keeps a list of facts and nothing of a network, so it shows what rules mean and not how they
are matched. It is as slow as that sounds.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby

from rete_engine.expressions import tree
from rete_engine.model import actions as model
from rete_engine.model.declarations import Parameter, QueryDeclaration
from tests.reference.accumulation import NOTHING, Accumulate, accumulate_of, result
from tests.reference.evaluation import Evaluator, Function, iterate, read_live
from tests.reference.program import Given, Program, Rule, Template, only_pattern
from tests.reference.truth import NaiveTruth
from tests.reference.values import Answer, Fact, MisfitError, canonical, changed, equal, stored

#: A match's identity: rule, facts of its positive patterns, positions in the lists it goes through,
#: results that it was accumulated with.
Identity = tuple[int, tuple[int, ...], tuple[int, ...], tuple[object, ...]]


#: What a program sees of an activation: rule, salience, numbers of the facts, bindings.
Shown = tuple[str, int, tuple[int, ...], tuple[tuple[str, object], ...]]


@dataclass
class Match:
    """A match of a rule's conditions."""

    rule: Rule
    facts: tuple[tuple[tree.Expression, Fact], ...] = ()  # by pattern, or reference followed
    positions: tuple[int, ...] = ()
    results: tuple[object, ...] = ()
    bindings: dict[str, object] = field(default_factory=dict)

    @property
    def identity(self) -> Identity:
        facts = tuple(fact.number for _, fact in self.facts)
        return (self.rule.number, facts, self.positions, self.results)


@dataclass
class Activation:
    """A match that has not fired."""

    match: Match
    salience: int
    created: int  # the number of the change that made the match
    tags: list[int]  # time tags of its facts, in the order of the patterns
    leads: bool  # whether the first of the conditions about facts is a positive pattern
    enabled: int = 0  # the number of the change that turned its rule on again

    @property
    def shown(self) -> Shown:
        """What a program sees of it."""
        match = self.match
        facts = sorted(fact.number for _, fact in match.facts)
        bindings = tuple((name, canonical(value)) for name, value in match.bindings.items())
        return (match.rule.name, self.salience, tuple(facts), bindings)


class Naive:
    """A session."""

    def __init__(
        self,
        program: Program,
        params: Mapping[str, object] | None = None,
        externals: Mapping[str, Function] | None = None,
    ) -> None:
        self.program = program
        self.functions: dict[str, Function] = dict(externals or {})
        for name in program.functions:
            if program.functions[name].body is not None:
                self.functions[name] = self.function(name)
        for name in program.queries:
            self.functions[name] = partial(self.ask, name)
        self.params: dict[str, object] = {}
        for name, param in program.params.items():
            given = (params or {}).get(name)
            if given is None and param.default is not None:
                given = self.evaluator(self.params).value(param.default)
            self.params[name] = stored(given, param.type.name, param.type.optional)
        self.facts: dict[int, Fact] = {}
        self.count = 0  # facts ever inserted
        self.changes = 0  # changes made so far
        self.stack = ["main"]  # the agenda groups that have the focus, or will have it
        self.active: str | None = None  # the group that a run fires from
        self.day = "2026-01-02"
        self.off: set[str] = set()  # rules that are turned off
        self.held: dict[str, dict[Identity, Activation]] = {}  # their activations
        self.alive: dict[Identity, Match] = {}
        self.waiting: dict[Identity, Activation] = {}
        self.came: list[Fact] = []  # facts as they came, until somebody clears it
        self.activated: list[Activation] = []  # as they came, likewise
        self.cancelled: list[Activation] = []  # as they ceased, unfired
        self.failed: set[str] = set()  # rules of which a condition raised an error
        self.truth = NaiveTruth(self)
        self.seen: Container[Fact] | None = None  # the facts that patterns match, if not all
        self.depth = 0  # how many `exists` and accumulates are around
        self.open()

    def evaluator(
        self,
        names: Mapping[str, object],
        read: Callable[[Fact, str], object] = read_live,
    ) -> Evaluator:
        """An evaluator of expressions over some names."""
        return Evaluator(names.__getitem__, read, self.functions)

    def function(self, name: str) -> Function:
        """A function of the rule language."""
        declaration = self.program.functions[name]
        names = [parameter.name for parameter in declaration.parameters]
        body, result = declaration.body, declaration.result
        assert body is not None

        def call(*arguments: object) -> object:
            given = dict(zip(names, arguments, strict=True))
            value = self.evaluator({**self.params, **given}).value(body)
            return value if result is None else stored(value, result.name, result.optional)

        return call

    def open(self) -> None:
        """Facts blocks, then whatever holds: opening is one change."""
        pending = Pending(self)
        evaluator = self.evaluator(self.params)
        for call in self.program.facts:
            pending.insert(*self.given(call, evaluator))
        for fact in pending.inserted:
            self.facts[fact.number] = fact
            fact.tag = self.changes
        self.count = pending.count
        self.rematch(None, set(), -1)

    def given(self, call: tree.Call, evaluator: Evaluator) -> tuple[str, dict[str, object]]:
        """Template and fields of `T(f = e, …)`."""
        fields: dict[str, object] = {}
        for argument in call.arguments:
            assert argument.name is not None
            fields[argument.name] = evaluator.value(argument.value)
        return self.program.template_of(call).name, fields

    # -- changes -------------------------------------------------------------------------------

    def insert(self, template: str, fields: dict[str, object]) -> None:
        """Insert a fact."""
        pending = Pending(self)
        pending.insert(template, fields)
        pending.commit()

    def modify(self, fact: Fact, fields: dict[str, object]) -> None:
        """Modify a fact."""
        pending = Pending(self)
        pending.modify(fact, fields)
        pending.commit()

    def retract(self, fact: Fact) -> None:
        """Retract a fact."""
        pending = Pending(self)
        pending.retract(fact)
        pending.commit()

    def rematch(
        self, fact: Fact | None, fields: set[str], firing: int, cause: Fact | None = None
    ) -> None:
        """Compute all matches; see which ceased and which are new.

        `fact` and `fields` say what a modify changed, `firing` which rule's action did it, and
        `cause` which fact came or changed.
        """
        self.truth.is_modified |= bool(fields)
        before = self.alive
        self.alive = {
            match.identity: match for rule in self.program.rules for match in self.matches(rule)
        }
        for rule in self.program.rules:
            self.try_alone(rule)
        for identity in list(before):
            if identity not in self.alive:
                self.cease(identity)
        for identity, match in before.items():
            if identity not in self.alive or uses(match, fact, fields):
                self.truth.end(match, cause)
        called: set[str] = set()
        for identity, match in self.alive.items():
            if identity in before and not uses(match, fact, fields):
                continue
            self.cease(identity)
            if self.truth.is_spent(match):
                continue
            given = match.rule.declaration.attributes
            if given.no_loop is not None and match.rule.number == firing:
                continue
            if given.lock_on_active is not None and match.rule.group == self.active:
                continue
            self.activate(match)
            if given.auto_focus is not None and identity in self.waiting:
                called.add(match.rule.group)
        self.truth.look()
        self.call(called)

    def cease(self, identity: Identity) -> None:
        """What waits of a match is gone."""
        if identity in self.waiting:
            self.cancelled.append(self.waiting.pop(identity))
        for held in self.held.values():
            held.pop(identity, None)

    def activate(self, match: Match) -> None:
        """A new match comes to wait."""
        salience = match.rule.declaration.attributes.salience
        value: object = 0
        if salience is not None:
            try:
                value = self.evaluator({**self.params, **match.bindings}).value(salience)
            except MisfitError:
                self.failed.add(match.rule.name)
                return
        assert type(value) is int
        activation = Activation(match, value, self.changes, self.tags(match), self.leads(match))
        if match.rule.name in self.off:
            self.held[match.rule.name][match.identity] = activation
            return
        self.waiting[match.identity] = activation
        self.activated.append(activation)

    def tags(self, match: Match) -> list[int]:
        """The time tags of the facts of a match."""
        return [time_tag(fact, match.rule.reads[id(node)]) for node, fact in match.facts]

    def leads(self, match: Match) -> bool:
        """Whether the first condition about facts is a positive pattern."""
        branches = iter([-1 - place for place in match.positions if place < 0])
        return bool(self.first_of(match.rule, match.rule.declaration.when, branches))

    def first_of(
        self, rule: Rule, nodes: Sequence[tree.Expression], branches: Iterator[int]
    ) -> bool | None:
        """Whether the first of some conditions is a positive pattern; None if none has facts.

        `branches` are those of each `or` that the match went through.
        """
        for node in nodes:
            plain = node.value if isinstance(node, tree.Bind) else node
            found: bool | None = None
            if self.program.is_pattern(plain):
                found = True
            elif isinstance(plain, tree.And):
                found = self.first_of(rule, plain.operands, branches)
            elif isinstance(plain, tree.Or):
                found = self.first_of(rule, [plain.operands[next(branches)]], branches)
            elif id(plain) in rule.uses:
                found = self.first_of(rule, rule.uses[id(plain)].conditions, branches)
            elif accumulate_of(plain) is not None or isinstance(
                plain, tree.Not | tree.ExistsForm | tree.ForallForm
            ):
                found = False
            if found is not None:
                return found
        return None

    # -- what matches rest on ------------------------------------------------------------------

    def identities_on(
        self, facts: Container[Fact], wanted: Mapping[Identity, object]
    ) -> set[Identity]:
        """Which of some matches hold on some facts alone.

        What is within a `not` sees all. So does an accumulate within brackets of another or of an
        `exists`, and one of a rule that cannot come to read what it derives: when members go, its
        result changes.
        """
        self.seen = facts
        numbers = {identity[0] for identity in wanted}
        rules = [rule for rule in self.program.rules if rule.number in numbers]
        found = {match.identity for rule in rules for match in self.matches(rule)}
        self.seen = None
        return found

    def grounds(self, match: Match) -> set[Fact]:
        """The facts that a match leans on, also within its `exists` and accumulates."""
        found = {fact for _, fact in match.facts}
        for condition in match.rule.declaration.when:
            found |= self.grounds_within(match, condition)
        return found

    def grounds_within(self, match: Match, node: tree.Expression) -> set[Fact]:
        """The facts that a condition leans on within its `exists` and accumulates."""
        found: set[Fact] = set()
        leans = match.rule.comes_back and not self.depth
        for source in sources_within(node, leans):
            for one in self.found_within(self.inner(match), source):
                self.depth += 1
                found |= {fact for _, fact in one.facts} | self.grounds_within(one, source)
                self.depth -= 1
        return found

    def inner(self, match: Match) -> Match:
        """A match with the same variables and no facts as yet."""
        return Match(match.rule, bindings=match.bindings)

    # -- matching ------------------------------------------------------------------------------

    def matches(self, rule: Rule) -> list[Match]:
        """All matches of a rule."""
        found = list(self.extend(Match(rule), list(rule.declaration.when)))
        salience = rule.declaration.attributes.salience
        if salience is None:
            return found
        reaching = (
            self.reach(match, salience, {**self.params, **match.bindings}) for match in found
        )
        return [match for match in reaching if match is not None]

    def reach(
        self, match: Match, node: tree.Expression, names: Mapping[str, object]
    ) -> Match | None:
        """The match with the facts that an expression reads by reference; none if one is gone."""
        return self.reached(match, node, self.evaluator(names))

    def reached(self, match: Match, node: tree.Expression, evaluator: Evaluator) -> Match | None:
        facts = match.facts
        for reference in match.rule.follows.get(id(node), ()):
            try:
                value = evaluator.value(reference)
            except MisfitError:
                continue  # an error of the expression, if that comes to it
            if isinstance(value, Fact) and self.facts.get(value.number) is value:
                facts = (*facts, (reference, value))
            elif value is not None:
                return None
        return Match(match.rule, facts, match.positions, match.results, match.bindings)

    def extend(self, match: Match, conditions: list[tree.Expression]) -> Iterator[Match]:
        """The matches that begin with a match and hold further conditions too."""
        if not conditions:
            yield match
            return
        for longer in self.condition(match, conditions[0]):
            yield from self.extend(longer, conditions[1:])

    def condition(self, match: Match, node: tree.Expression) -> Iterator[Match]:
        """The matches that begin with a match and hold one condition more."""
        names: Mapping[str, object] = {**self.params, **match.bindings}
        accumulate = accumulate_of(node.value if isinstance(node, tree.Bind) else node)
        if accumulate is not None:
            name = node.name if isinstance(node, tree.Bind) else None
            yield from self.accumulate(match, accumulate, name)
            return
        match node:
            case tree.Bind() if self.program.is_pattern(node.value):
                assert isinstance(node.value, tree.Call)
                yield from self.pattern(match, node.value, node.name)
            case tree.Bind(value=tree.Call() as call) if self.program.query_of(call) is not None:
                yield from self.answers(match, call, node.name)
            case tree.Call() if self.program.is_pattern(node):
                yield from self.pattern(match, node, None)
            case tree.Call():
                yield from self.answers(match, node, None)
            case tree.Bind():
                reaching = self.reach(match, node.value, names)
                if reaching is None:
                    return
                value = self.attempt(match.rule, self.evaluator(names), node.value)
                if value is not FAILED:
                    yield bound(reaching, node.name, value)
            case tree.ForForm():
                reaching = self.reach(match, node.iterable, names)
                if reaching is None:
                    return
                value = self.attempt(match.rule, self.evaluator(names), node.iterable)
                try:
                    items = iterate(value) if value is not FAILED else []
                except MisfitError:
                    self.failed.add(match.rule.name)
                    return
                for position, item in enumerate(items):
                    longer = bound(reaching, node.name, item)
                    longer.positions = (*match.positions, position)
                    yield longer
            case tree.TestForm():
                reaching = self.reach(match, node.value, names)
                if reaching is None:
                    return
                value = self.attempt(match.rule, self.evaluator(names), node.value)
                if value is not FAILED and value:
                    yield reaching
            case tree.Not():
                seen, self.seen = self.seen, None
                found = list(self.condition(match, node.operand))
                self.seen = seen
                if not found:
                    yield match
            case tree.ExistsForm():
                if self.found_within(match, node.operand):
                    yield match
            case tree.And():
                yield from self.extend(match, list(node.operands))
            case tree.Or():
                yield from self.alternatives(match, node)
            case tree.ForallForm():
                first, *others = node.operands
                seen, self.seen = self.seen, None
                without = [
                    one
                    for one in list(self.condition(match, first))
                    if not list(self.extend(one, others))
                ]
                self.seen = seen
                if not without:
                    yield match
            case _:
                raise NotImplementedError(type(node).__name__)

    def found_within(self, match: Match, node: tree.Expression) -> list[Match]:
        """The matches of what an `exists` or accumulate is over."""
        self.depth += 1
        found = list(self.condition(match, node))
        self.depth -= 1
        return found

    def accumulate(self, match: Match, node: Accumulate, name: str | None) -> Iterator[Match]:
        """The match with the result; with groups, once for each."""
        seen = self.seen
        if self.depth or not match.rule.comes_back:
            self.seen = None
        members = self.found_within(Match(match.rule, bindings=dict(match.bindings)), node.source)
        self.seen = seen
        members.sort(key=place)
        groups: dict[object, tuple[object, list[Match]]] = {}
        if node.by is None:
            groups[None] = (None, members)
        else:
            for member in members:
                group = self.within(member, node, node.by.value)
                if group is FAILED:
                    return
                groups.setdefault(group, (group, []))[1].append(member)
        for group, own in groups.values():
            values: list[object] = [None] * len(own)
            if node.value is not None:
                values = [self.within(member, node, node.value) for member in own]
            if any(value is FAILED for value in values):
                continue
            try:
                found = result(node.name, values)
            except MisfitError:
                self.failed.add(match.rule.name)
                continue
            if found is NOTHING:
                continue
            longer = Match(match.rule, match.facts, match.positions, match.results)
            longer.bindings = dict(match.bindings)
            if node.by is not None:
                longer.results += (canonical(group),)
                if node.by.name is not None:
                    longer.bindings[node.by.name] = group
            if name is not None:
                longer.results += (canonical(found),)
                longer.bindings[name] = found
            yield longer

    def within(self, member: Match, node: Accumulate, expression: tree.Expression) -> object:
        """The value of an expression over a member of an accumulate."""
        outer = {**self.params, **member.bindings}
        own = only_pattern(self.program, node.source)
        lookup: Callable[[str], object] = outer.__getitem__
        if own is not None:
            fact = next(fact for pattern, fact in member.facts if pattern is own)
            lookup = pattern_names(self.program.template_of(own), fact, outer)
        evaluator = Evaluator(lookup, read_live, self.functions)
        return self.attempt(member.rule, evaluator, expression)

    def alternatives(self, match: Match, node: tree.Or) -> Iterator[Match]:
        """The matches of each branch; they keep the variables that all branches bind."""
        kept = self.program.bound_names(node)
        for number, operand in enumerate(node.operands):
            positions = (*match.positions, -1 - number)  # which branch it is
            inside = Match(match.rule, match.facts, positions, match.results, match.bindings)
            for longer in self.condition(inside, operand):
                bindings = {**match.bindings, **{name: longer.bindings[name] for name in kept}}
                yield Match(longer.rule, longer.facts, longer.positions, longer.results, bindings)

    # -- queries -------------------------------------------------------------------------------

    def answers(self, match: Match, node: tree.Call, name: str | None) -> Iterator[Match]:
        """The matches that an answer of a query makes; its conditions see its parameters alone."""
        use = match.rule.uses[id(node)]
        evaluator = self.evaluator({**self.params, **match.bindings})
        given: dict[str, object] = {}
        reached = match
        for parameter, argument in zip(use.query.parameters, node.arguments, strict=True):
            reaching = self.reached(reached, argument.value, evaluator)
            if reaching is None:
                return
            reached = reaching
            value = self.attempt(match.rule, evaluator, argument.value)
            if value is FAILED:
                return
            try:
                given[parameter.name] = argument_of(parameter, value)
            except MisfitError:
                self.failed.add(match.rule.name)
                return
        inside = Match(match.rule, reached.facts, match.positions, match.results, given)
        for found in self.extend(inside, list(use.conditions)):
            bindings = dict(match.bindings)
            if name is not None:
                bindings[name] = answer_of(use.query, found)
            yield Match(match.rule, found.facts, found.positions, found.results, bindings)

    def ask(self, name: str, *arguments: object) -> list[Answer]:
        """What a program is answered, in the order of the facts.

        Raises:
            MisfitError: An argument does not fit, or a condition failed.
        """
        return [answer for tied in self.ask_in_order(name, *arguments) for answer in tied]

    def ask_in_order(self, name: str, *arguments: object) -> list[list[Answer]]:
        """The same; together those of the same facts, groups of an accumulate, in any order.

        Raises:
            MisfitError: An argument does not fit, or a condition failed.
        """
        query, rule = self.program.declared_queries[name], self.program.queries[name]
        given = {
            parameter.name: argument_of(parameter, value)
            for parameter, value in zip(query.parameters, arguments, strict=True)
        }
        failed, self.failed = self.failed, set()
        found = list(self.extend(Match(rule, bindings=given), list(query.conditions)))
        failed, self.failed = self.failed, failed
        found.sort(key=place_of)
        answers = [
            [answer_of(query, match) for match in tied] for _, tied in groupby(found, key=place_of)
        ]
        if failed:
            raise FailedQueryError(answers)
        return answers

    def attempt(self, rule: Rule, evaluator: Evaluator, node: tree.Expression) -> object:
        """A value; FAILED where the expression is an error, which does not hold."""
        try:
            return evaluator.value(node)
        except MisfitError:
            self.failed.add(rule.name)
            return FAILED

    def pattern(self, match: Match, node: tree.Call, name: str | None) -> Iterator[Match]:
        """The matches that one more fact makes."""
        template = self.program.template_of(node)
        for fact in self.facts.values():
            if template.name not in self.program.templates[fact.template].ancestors:
                continue
            if self.seen is not None and fact not in self.seen:
                continue
            facts = (*match.facts, (node, fact))
            longer = Match(match.rule, facts, match.positions, match.results)
            longer.bindings = {**match.bindings, **({name: fact} if name else {})}
            if self.satisfies(longer, node, fact, template):
                yield longer

    def satisfies(self, match: Match, node: tree.Call, fact: Fact, template: Template) -> bool:
        """Whether a fact satisfies the constraints of a pattern; what they bind is bound."""
        for argument in node.arguments:
            lookup = pattern_names(template, fact, {**self.params, **match.bindings})
            evaluator = Evaluator(lookup, read_live, self.functions)
            reaching = self.reached(match, argument.value, evaluator)
            if reaching is None:
                return False
            match.facts = reaching.facts
            value = self.attempt(match.rule, evaluator, argument.value)
            if value is FAILED:
                return False
            if argument.binds:
                assert argument.name is not None
                match.bindings[argument.name] = value
            elif not value:
                return False
        return True

    def try_alone(self, rule: Rule) -> None:
        """Note errors of constraints that read nothing but the fact of their pattern.

        An engine may ask them of a fact before it looks at any other condition.
        """
        for node in rule.patterns:
            template = self.program.template_of(node)
            for fact in self.facts.values():
                if template.name in self.program.templates[fact.template].ancestors:
                    match = Match(rule, bindings=self.known(rule.given[id(node)]))
                    try:
                        self.satisfies(match, node, fact, template)
                    except UnknownNameError:
                        continue

    def known(self, given: Given) -> dict[str, object]:
        """The parameters of a query whose arguments read no variable."""
        found: dict[str, object] = {}
        for name, (expression, outer) in given.items():
            try:
                found[name] = self.evaluator({**self.params, **self.known(outer)}).value(expression)
            except (KeyError, MisfitError):
                continue
        return found

    # -- groups --------------------------------------------------------------------------------

    def focus(self, group: str) -> None:
        """A group comes to the top, unless it is there; a run has not reached it yet."""
        if self.stack[-1] != group:
            self.stack.append(group)
            self.active = None

    def call(self, groups: set[str]) -> None:
        """Groups that `auto_focus` calls for in one change: the one named first comes first."""
        for group in sorted(groups, key=self.program.groups.index, reverse=True):
            if self.stack[-1] != group:
                self.stack.append(group)

    def disable(self, rule: Rule) -> None:
        """Turn a rule off."""
        self.off.add(rule.name)
        self.held[rule.name] = {i: a for i, a in self.waiting.items() if a.match.rule is rule}
        for identity in self.held[rule.name]:
            self.cancelled.append(self.waiting.pop(identity))

    def enable(self, rule: Rule) -> None:
        """Turn a rule on: what it has comes to wait as if it came now."""
        self.off.remove(rule.name)
        self.changes += 1
        for identity, activation in self.held.pop(rule.name).items():
            # What comes back comes one by one, in the order in which it came first.
            activation.enabled = self.changes
            self.waiting[identity] = activation
            self.activated.append(activation)
            if rule.declaration.attributes.auto_focus is not None:
                self.call({rule.group})

    def effective(self, activation: Activation) -> bool:
        """Whether the rule of an activation may fire today."""
        given = activation.match.rule.declaration.attributes
        since, until = given.effective_from or "", given.effective_to or "9"
        return since <= self.day <= until

    def of_group(self, group: str) -> list[Activation]:
        """What waits in a group."""
        return [a for a in self.waiting.values() if a.match.rule.group == group]

    # -- firing --------------------------------------------------------------------------------

    def fire(self, activation: Activation) -> list[object]:
        """Execute the action of an activation; the outputs.

        Raises:
            MisfitError: The action failed. The match is spent and nothing else has changed.
        """
        match = activation.match
        del self.waiting[match.identity]
        action = Action(self, match)
        action.run(match.rule.declaration.then)
        rivals = match.rule.declaration.attributes.activation_group
        if rivals is not None:
            for identity, other in list(self.waiting.items()):
                if other.match.rule.declaration.attributes.activation_group == rivals:
                    self.cancelled.append(self.waiting.pop(identity))
        action.pending.commit(match)
        for group in action.focuses:
            self.focus(group)
        return action.outputs


FAILED = object()


class FailedQueryError(MisfitError):
    """A condition of a query failed while it was asked; the answers without it."""

    def __init__(self, answers: list[list[Answer]]) -> None:
        super().__init__("a condition of a query failed")
        self.answers = answers


def argument_of(parameter: Parameter, value: object) -> object:
    """An argument as one of its parameter's type."""
    type = parameter.type
    return value if type is None else stored(value, type.name, type.optional)


def place_of(match: Match) -> tuple[object, ...]:
    """The place of an answer: by the alternatives that matched, then by the facts."""
    facts = [fact.number for _, fact in match.facts]
    return ([-place for place in match.positions if place < 0], facts, match.positions)


def answer_of(query: QueryDeclaration, match: Match) -> Answer:
    """What a match of a query's conditions answers."""
    own = {parameter.name for parameter in query.parameters}
    return Answer(query.name, {n: v for n, v in match.bindings.items() if n not in own})


class UnknownNameError(Exception):
    """A variable of another condition, where a pattern is asked alone."""


def sources_within(node: tree.Expression, leans: bool) -> Iterator[tree.Expression]:
    """What an `exists` or accumulate in a condition is over, but not in it or in a `not`.

    `leans` tells whether an accumulate leans on its members.
    """
    accumulate = accumulate_of(node.value if isinstance(node, tree.Bind) else node)
    if accumulate is not None:
        if leans:
            yield accumulate.source
    elif isinstance(node, tree.ExistsForm):
        yield node.operand
    elif isinstance(node, tree.And):
        for operand in node.operands:
            yield from sources_within(operand, leans)


def uses(match: Match, fact: Fact | None, fields: set[str]) -> bool:
    """Whether conditions of the match read one of the fields through a pattern of the fact."""
    for node, used in match.facts:
        reads = match.rule.reads[id(node)]
        if used is fact and fields and (reads is None or reads & fields):
            return True
    return False


def time_tag(fact: Fact, reads: set[str] | None) -> int:
    """The insertion of a fact, or its last modify that made a match anew."""
    fields = fact.tags if reads is None else reads
    return max([fact.tag, *(fact.tags.get(name, 0) for name in fields)])


def place(member: Match) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """What puts the members of an accumulate in order; alternatives are in order already."""
    facts = tuple(fact.number for _, fact in member.facts)
    return facts, tuple(position for position in member.positions if position >= 0)


def bound(match: Match, name: str, value: object) -> Match:
    """A match with a variable more."""
    bindings = {**match.bindings, name: value}
    return Match(match.rule, match.facts, match.positions, match.results, bindings)


def pattern_names(
    template: Template, fact: Fact, outer: Mapping[str, object]
) -> Callable[[str], object]:
    """In a pattern: a field, else a variable, else a parameter, else a further field."""

    def lookup(name: str) -> object:
        if name in template.fields:
            return fact.values[name]
        if name in outer:
            return outer[name]
        if not template.open:
            raise UnknownNameError(name)
        return fact.values.get(name)

    return lookup


class Pending:
    """Changes that are not made yet, of one action or one call."""

    def __init__(self, session: Naive) -> None:
        self.session = session
        self.values: dict[Fact, dict[str, object]] = {}
        self.inserted: list[Fact] = []
        self.retracted: list[Fact] = []
        self.stated: set[Fact] = set()  # derived facts that a plain insert states
        self.supported: list[Fact] = []  # facts that get the firing's support
        self.log: list[Fact] = []  # the fact of each change, in the order of work
        self.count = session.count

    def read(self, fact: Fact, name: str) -> object:
        """A field as the action sees it."""
        return self.values.get(fact, fact.values).get(name)

    def live(self) -> list[Fact]:
        """The facts as the action sees them."""
        return [
            fact
            for fact in (*self.session.facts.values(), *self.inserted)
            if fact not in self.retracted
        ]

    def insert(self, name: str, given: dict[str, object]) -> Fact:
        """Insert a fact; an equal one that is derived, or of a unique template, is stated."""
        values = self.checked(name, given)
        for fact in self.equals(name, values):
            if self.is_derived(fact):
                self.stated.add(fact)
                return fact
            if self.session.program.templates[name].unique:
                return fact
        fact = self.add(name, values)
        self.stated.add(fact)
        return fact

    def insert_logical(self, name: str, given: dict[str, object]) -> Fact:
        """Add a support to an equal fact, or insert one."""
        values = self.checked(name, given)
        fact = next(iter(self.equals(name, values)), None) or self.add(name, values)
        if fact not in self.supported:
            self.supported.append(fact)
        return fact

    def is_derived(self, fact: Fact) -> bool:
        """Whether a fact is only derived, as the action sees it."""
        is_derived = fact in self.session.truth.derived or fact in self.inserted
        return is_derived and fact not in self.stated

    def equals(self, name: str, values: dict[str, object]) -> list[Fact]:
        """Facts that agree in all fields: those that have been so for longest come first."""
        same = [f for f in self.live() if f.template == name and same_fields(self.of(f), values)]
        touched = [fact for fact in same if fact in self.log]
        others = [fact for fact in same if fact not in self.log]
        others.sort(key=lambda fact: max([fact.tag, *fact.tags.values()]))
        touched.sort(key=lambda fact: len(self.log) - self.log[::-1].index(fact))
        return [*others, *touched]

    def checked(self, name: str, given: dict[str, object]) -> dict[str, object]:
        """The values of a new fact."""
        template = self.session.program.templates[name]
        values: dict[str, object] = {}
        for field_name, declaration in template.fields.items():
            if field_name in given:
                value = given[field_name]
            elif declaration.default is not None:
                value = self.session.evaluator({}).value(declaration.default)
            else:
                raise MisfitError(f"{field_name} is missing")
            values[field_name] = stored(value, declaration.type.name, declaration.type.optional)
        for field_name in given.keys() - values.keys():
            if not template.open:
                raise MisfitError(f"{field_name} is unknown")
            values[field_name] = given[field_name]
        return values

    def add(self, name: str, values: dict[str, object]) -> Fact:
        """Insert a fact."""
        self.check_keys(self.session.program.templates[name], values, None)
        self.count += 1
        fact = Fact(name, values, self.count)
        self.inserted.append(fact)
        self.log.append(fact)
        return fact

    def of(self, fact: Fact) -> dict[str, object]:
        """A fact's pending values."""
        return self.values.get(fact, fact.values)

    def check_keys(self, template: Template, values: dict[str, object], mover: Fact | None) -> None:
        """Refuse values whose key another fact holds."""
        for owner, names in template.keys:
            for fact in self.live():
                if fact is mover:
                    continue
                if owner in self.session.program.templates[fact.template].ancestors and all(
                    equal(self.of(fact)[name], values[name]) for name in names
                ):
                    raise MisfitError("key in use")

    def modify(self, fact: Fact, given: dict[str, object]) -> None:
        """Change fields of a fact."""
        if fact not in self.live():
            raise MisfitError("retracted")
        template = self.session.program.templates[fact.template]
        values = dict(self.of(fact))
        for name, value in given.items():
            declaration = template.fields.get(name)
            if declaration is not None:
                value = stored(value, declaration.type.name, declaration.type.optional)
            elif not template.open:
                raise MisfitError(f"{name} is unknown")
            values[name] = value
        if template.unique:
            for other in self.live():
                same = other.template == fact.template and same_fields(self.of(other), values)
                if other is not fact and same:
                    raise MisfitError("not unique")
        self.check_keys(template, values, fact)
        self.values[fact] = values
        self.log.append(fact)

    def upsert(self, name: str, given: dict[str, object]) -> Fact:
        """Change the fact that has the key, or insert one."""
        template = self.session.program.templates[name]
        owner, names = template.keys[-1]
        for fact in self.live():
            ancestors = self.session.program.templates[fact.template].ancestors
            if owner in ancestors and all(equal(self.of(fact)[n], given[n]) for n in names):
                if name not in ancestors:
                    raise MisfitError("key in use")
                self.modify(fact, given)
                self.stated.add(fact)
                return fact
        return self.insert(name, given)

    def retract(self, fact: Fact) -> None:
        """Retract a fact; one that is gone stays gone."""
        if fact in self.live():
            self.retracted.append(fact)
            self.log.append(fact)

    def commit(self, match: Match | None = None) -> None:
        """Make the net change of each fact, one after another; then see what that leaves."""
        firing = match.rule.number if match is not None else -1
        truth = self.session.truth
        for fact in self.stated:
            truth.state(fact)
        for fact in self.supported:
            if fact not in self.retracted:
                assert match is not None
                is_new = fact in self.inserted and fact not in self.stated
                truth.support(match, fact, is_new)
        self.make(firing)
        truth.maintain(firing)

    def make(self, firing: int) -> None:
        """Make the net change of each fact, one after another."""
        session = self.session
        session.count = self.count
        first = {fact: place for place, fact in reversed(list(enumerate(self.log)))}
        last = {fact: place for place, fact in enumerate(self.log)}
        for place, fact in enumerate(self.log):
            if fact in self.inserted:
                is_wanted = fact not in self.retracted and not session.truth.is_void(fact)
                if place == first[fact] and is_wanted:
                    session.changes += 1
                    fact.values = self.of(fact)
                    fact.tag = session.changes
                    session.facts[fact.number] = fact
                    session.came.append(fact)
                    session.rematch(None, set(), firing, fact)
            elif place == last[fact]:
                session.changes += 1
                if fact in self.retracted:
                    del session.facts[fact.number]
                    session.truth.forget(fact)
                    session.rematch(None, set(), firing)
                else:
                    self.commit_modify(fact, firing)

    def commit_modify(self, fact: Fact, firing: int) -> None:
        """Give a fact its new values."""
        session = self.session
        old, new = fact.values, self.of(fact)
        # A further field that is missing reads none.
        fields = {name for name in new if changed(old.get(name), new[name])}
        fact.values = new
        fact.tags.update(dict.fromkeys(fields, session.changes))
        session.rematch(fact, fields, firing, fact)


def same_fields(a: dict[str, object], b: dict[str, object]) -> bool:
    """Whether two facts agree in all fields."""
    return a.keys() == b.keys() and all(equal(a[name], b[name]) for name in a)


class Action:
    """Executes the statements of a `then`."""

    def __init__(self, session: Naive, match: Match) -> None:
        self.session = session
        self.pending = Pending(session)
        self.names: dict[str, object] = {**session.params, **match.bindings}
        self.outputs: list[object] = []
        self.focuses: list[str] = []

    def evaluator(self) -> Evaluator:
        return Evaluator(self.names.__getitem__, self.pending.read, self.session.functions)

    def fact(self, node: tree.Expression) -> Fact:
        value = self.evaluator().value(node)
        if not isinstance(value, Fact):
            raise MisfitError("no fact")
        return value

    def run(self, statements: tuple[model.Action, ...]) -> None:
        for statement in statements:
            self.statement(statement)

    def statement(self, node: model.Action) -> None:
        evaluator = self.evaluator()
        match node:
            case model.InsertAction():
                insert = self.pending.insert_logical if node.logical else self.pending.insert
                fact = insert(*self.session.given(node.fact, evaluator))
                if node.name:
                    self.names[node.name] = fact
            case model.UpsertAction():
                fact = self.pending.upsert(*self.session.given(node.fact, evaluator))
                if node.name:
                    self.names[node.name] = fact
            case model.ModifyAction():
                fact = self.fact(node.target)
                given = {str(a.name): evaluator.value(a.value) for a in node.arguments}
                self.pending.modify(fact, given)
            case model.RetractAction():
                for target in node.targets:
                    self.pending.retract(self.fact(target))
            case model.AssignAction():
                self.names[node.name] = evaluator.value(node.value)
            case model.EmitAction():
                self.outputs.append(evaluator.value(node.value))
            case model.FocusAction():
                self.focuses.append(node.group)
            case model.IfAction():
                for condition, body in node.branches:
                    if evaluator.holds(condition):
                        self.run(body)
                        return
                self.run(node.otherwise)
            case model.ForAction():
                for item in iterate(evaluator.value(node.iterable)):
                    self.names[node.name] = item
                    self.run(node.body)
            case _:
                raise NotImplementedError(type(node).__name__)
