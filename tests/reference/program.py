"""A rule set as the reference understands it: its own, small resolution of names."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rete_engine.expressions import tree
from rete_engine.language.parser import parse_document
from rete_engine.language.reader import make_source
from rete_engine.model import actions as model
from rete_engine.model.declarations import (
    FactsDeclaration,
    FieldDeclaration,
    FunctionDeclaration,
    ParamDeclaration,
    QueryDeclaration,
    RuleAttributes,
    RuleDeclaration,
    TemplateDeclaration,
)
from tests.reference.accumulation import Accumulate, accumulate_of

IDENTITY = frozenset(["==", "!=", "is", "is not", "in", "not in"])


@dataclass
class Template:
    """A template with the fields of those it extends."""

    name: str
    fields: dict[str, FieldDeclaration]
    keys: list[tuple[str, tuple[str, ...]]]  # the declaring template and the fields, nearest last
    unique: bool
    open: bool
    ancestors: frozenset[str]


#: Parameters of a query with the arguments, whose own names are what the second part says.
Given = dict[str, tuple[tree.Expression, "Given"]]


@dataclass
class Use:
    """A query as a condition: a copy of its conditions, whose patterns are of this use alone."""

    query: QueryDeclaration
    conditions: tuple[tree.Expression, ...]


@dataclass
class Rule:
    """A rule, with what the conditions read of the fact of each pattern."""

    number: int
    declaration: RuleDeclaration
    # By the id() of a pattern's call: the fields that conditions read through it; None is all.
    reads: dict[int, set[str] | None] = field(default_factory=dict)
    patterns: list[tree.Call] = field(default_factory=list)  # the ones within `not` too
    # By the id() of an expression of a condition: the references that it is the first to follow.
    # What is read of the facts they lead to stands in `reads`, by the id() of the reference.
    follows: dict[int, list[tree.Expression]] = field(default_factory=dict)
    complexity: int = 0  # constraints and tests as written
    asked: set[str] = field(default_factory=set)  # the templates that conditions are about
    comes_back: bool = False  # whether the rule may read what it derives, by way of others too
    uses: dict[int, Use] = field(default_factory=dict)  # by the id() of a query's call
    # By the id() of a pattern's call within a query: what its parameters are given.
    given: dict[int, Given] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.declaration.name

    @property
    def group(self) -> str:
        return self.declaration.attributes.group or "main"


@dataclass
class Program:
    """A rule set."""

    templates: dict[str, Template]
    params: dict[str, ParamDeclaration]
    functions: dict[str, FunctionDeclaration]
    facts: list[tree.Call]
    rules: list[Rule]
    queries: dict[str, Rule]  # as rules that do nothing
    declared_queries: dict[str, QueryDeclaration]

    def query_of(self, node: tree.Expression) -> QueryDeclaration | None:
        """The query that a condition asks."""
        if isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
            return self.declared_queries.get(node.function.name)
        return None

    @property
    def groups(self) -> list[str]:
        """The agenda groups in the order in which the rules name them."""
        found = ["main"]
        for rule in self.rules:
            found.append(rule.group)
            found += focused(rule.declaration.then)
        return list(dict.fromkeys(found))

    def is_pattern(self, node: tree.Expression) -> bool:
        return (
            isinstance(node, tree.Call)
            and isinstance(node.function, tree.Name)
            and node.function.name in self.templates
        )

    def bound_names(self, node: tree.Expression) -> list[str]:
        """The variables that a condition binds for those after it, in written order."""
        match node:
            case tree.Bind():
                inner = self.bound_names(node.value) if self.is_pattern(node.value) else []
                return [node.name, *inner]
            case tree.Call() if self.is_pattern(node):
                return [str(a.name) for a in node.arguments if a.binds]
            case tree.ForForm():
                return [node.name]
            case tree.And():
                return [name for operand in node.operands for name in self.bound_names(operand)]
            case tree.Or():
                first, *others = (self.bound_names(operand) for operand in node.operands)
                return [name for name in first if all(name in other for other in others)]
        return []

    def template_of(self, node: tree.Expression) -> Template:
        assert isinstance(node, tree.Call)
        assert isinstance(node.function, tree.Name)
        return self.templates[node.function.name]


def focused(actions: tuple[model.Action, ...]) -> Iterator[str]:
    """The groups that actions give the focus."""
    for action in actions:
        match action:
            case model.FocusAction():
                yield action.group
            case model.IfAction():
                for _, body in action.branches:
                    yield from focused(body)
                yield from focused(action.otherwise)
            case model.ForAction():
                yield from focused(action.body)


def read_program(text: str) -> Program:
    """A rule text; it must be right."""
    document, problems = parse_document(make_source(text))
    assert not problems, problems
    program = Program({}, {}, {}, [], [], {}, {})
    for declaration in document.declarations:
        match declaration:
            case TemplateDeclaration():
                add_template(program, declaration)
            case ParamDeclaration():
                program.params[declaration.name] = declaration
            case FunctionDeclaration():
                program.functions[declaration.name] = declaration
            case FactsDeclaration():
                program.facts.extend(declaration.facts)
            case RuleDeclaration():
                program.rules.append(Rule(len(program.rules), declaration))
            case QueryDeclaration():
                program.declared_queries[declaration.name] = declaration
                program.queries[declaration.name] = Rule(-1, as_rule(declaration))
            case _:
                raise NotImplementedError(type(declaration).__name__)
    for name, asked in program.queries.items():
        parameters = program.declared_queries[name].parameters
        reader = Reader(program, asked)
        for parameter in parameters:
            if parameter.type is not None and parameter.type.name in program.templates:
                reader.parameters[parameter.name] = program.templates[parameter.type.name]
        reader.read({parameter.name: [] for parameter in parameters})
    for rule in program.rules:
        Reader(program, rule).read({})
    for rule in program.rules:
        rule.comes_back = comes_back(program, rule)
    return program


def comes_back(program: Program, rule: Rule) -> bool:
    """Whether a rule may read what it derives, itself or by way of other rules that derive."""
    makes = {
        each.number: {
            ancestor
            for template in derived(program, each.declaration.then)
            for ancestor in template.ancestors
        }
        for each in program.rules
    }
    reached: set[int] = set()
    left = [rule.number]
    while left:
        number = left.pop()
        for other in program.rules:
            if makes[number] & other.asked and makes[other.number] and other.number not in reached:
                reached.add(other.number)
                left.append(other.number)
    return rule.number in reached


def derived(program: Program, actions: Sequence[model.Action]) -> Iterator[Template]:
    """The templates of what actions insert logically."""
    for action in actions:
        match action:
            case model.InsertAction(logical=True):
                yield program.template_of(action.fact)
            case model.ForAction():
                yield from derived(program, action.body)
            case model.IfAction():
                for _, body in action.branches:
                    yield from derived(program, body)
                yield from derived(program, action.otherwise)


def as_rule(query: QueryDeclaration) -> RuleDeclaration:
    """A query as a rule that does nothing."""
    return RuleDeclaration(
        query.span, f"query {query.name}", RuleAttributes(), query.conditions, ()
    )


def add_template(program: Program, declaration: TemplateDeclaration) -> None:
    base = program.templates[declaration.base] if declaration.base else None
    fields = {**(base.fields if base else {}), **{f.name: f for f in declaration.fields}}
    program.templates[declaration.name] = Template(
        declaration.name,
        fields,
        [
            *(base.keys if base else []),
            *([(declaration.name, declaration.key)] if declaration.key else []),
        ],
        declaration.unique or (base is not None and base.unique),
        declaration.open or (base is not None and base.open),
        frozenset([declaration.name]) | (base.ancestors if base else frozenset()),
    )


@dataclass
class Variables:
    """What the answer of a query has."""

    meanings: dict[str, Meanings]


# What a variable can stand for, in one branch of an `or` or another: the fact of a pattern, a field
# of it, or the answer of a query. There is nothing for a value.
Meanings = list[tuple[tree.Call, str | None] | Variables]


class Reader:
    """Finds out which fields the conditions of a rule read through which pattern."""

    def __init__(self, program: Program, rule: Rule) -> None:
        self.program = program
        self.rule = rule
        self.given: Given = {}  # the parameters of the query that is being read
        # Of a query that is read for itself: the parameters that are facts, or none.
        self.parameters: dict[str, Template] = {}
        # The references that the conjunctions around follow: the value, and the template.
        self.followed: list[dict[object, tuple[tree.Expression, Template]]] = [{}]
        self.following: list[tree.Expression] = []

    def read(self, given: dict[str, Meanings]) -> None:
        variables = dict(given)
        for condition in self.rule.declaration.when:
            self.condition(condition, variables)
        salience = self.rule.declaration.attributes.salience
        if salience is not None:
            self.whole(salience, variables, None)

    def scope(self, node: tree.Expression, variables: dict[str, Meanings]) -> None:
        """A condition of which nothing is seen behind it but what is in `variables`."""
        self.followed.append({})
        self.condition(node, variables)
        self.followed.pop()

    def whole(
        self, node: tree.Expression, variables: dict[str, Meanings], pattern: tree.Call | None
    ) -> None:
        """An expression of a condition."""
        self.following = []
        self.expression(node, variables, pattern)
        self.rule.follows[id(node)] = self.following

    def condition(self, node: tree.Expression, variables: dict[str, Meanings]) -> None:
        accumulate = accumulate_of(node.value if isinstance(node, tree.Bind) else node)
        if accumulate is not None:
            self.accumulate(accumulate, variables)
            if isinstance(node, tree.Bind):
                variables[node.name] = []
            return
        match node:
            case tree.Bind() if self.program.is_pattern(node.value):
                assert isinstance(node.value, tree.Call)
                variables[node.name] = [(node.value, None)]
                self.pattern(node.value, variables)
            case tree.Bind(value=tree.Call() as call) if self.program.query_of(call) is not None:
                variables[node.name] = [self.query(call, variables)]
            case tree.Bind():
                self.whole(node.value, variables, None)
                variables[node.name] = []
            case tree.ForForm():
                self.whole(node.iterable, variables, None)
                variables[node.name] = []
            case tree.TestForm():
                self.rule.complexity += 1
                self.whole(node.value, variables, None)
            case tree.Not() | tree.ExistsForm():
                self.scope(node.operand, dict(variables))
            case tree.And():
                for operand in node.operands:
                    self.condition(operand, variables)
            case tree.Or():
                branches = [dict(variables) for _ in node.operands]
                for operand, branch in zip(node.operands, branches, strict=True):
                    self.scope(operand, branch)
                for name in self.program.bound_names(node):
                    variables[name] = [each for branch in branches for each in branch[name]]
            case tree.ForallForm():
                inner = dict(variables)
                self.followed.append({})
                self.condition(node.operands[0], inner)
                self.followed.append({})
                for operand in node.operands[1:]:
                    self.condition(operand, inner)
                del self.followed[-2:]
            case tree.Call() if self.program.is_pattern(node):
                self.pattern(node, variables)
            case tree.Call():
                self.query(node, variables)
            case _:
                raise NotImplementedError(type(node).__name__)

    def accumulate(self, node: Accumulate, variables: dict[str, Meanings]) -> None:
        inner = dict(variables)
        self.condition(node.source, inner)
        own = only_pattern(self.program, node.source)
        for part in (node.value, node.by.value if node.by is not None else None):
            if part is not None:
                self.expression(part, inner, own)
        if node.by is not None and node.by.name is not None:
            variables[node.by.name] = []

    def query(self, node: tree.Call, variables: dict[str, Meanings]) -> Variables:
        """The conditions of a query, for which its parameters mean what the arguments do."""
        query = self.program.query_of(node)
        assert query is not None
        use = Use(query, copy.deepcopy(query.conditions))
        self.rule.uses[id(node)] = use
        inner: dict[str, Meanings] = {}
        for parameter, argument in zip(query.parameters, node.arguments, strict=True):
            if not self.facts(argument.value, variables, frozenset()):
                self.whole(argument.value, variables, None)
            inner[parameter.name] = self.meanings(argument.value, variables)
        outer = self.given
        self.given = {
            parameter.name: (argument.value, outer)
            for parameter, argument in zip(query.parameters, node.arguments, strict=True)
        }
        for condition in use.conditions:
            self.condition(condition, inner)
        self.given = outer
        own = {parameter.name for parameter in query.parameters}
        return Variables({name: held for name, held in inner.items() if name not in own})

    def meanings(self, node: tree.Expression, variables: dict[str, Meanings]) -> Meanings:
        """What an expression can stand for, if it is a variable or `x.f`."""
        match node:
            case tree.Name():
                return variables.get(node.name, [])
            case tree.Attribute():
                found: Meanings = []
                for held in self.meanings(node.target, variables):
                    if isinstance(held, Variables):
                        found += held.meanings[node.name]
                    elif held[1] is None:
                        found.append((held[0], node.name))
                return found
        return []

    def pattern(self, node: tree.Call, variables: dict[str, Meanings]) -> None:
        self.rule.reads[id(node)] = set()
        self.rule.given[id(node)] = self.given
        self.rule.patterns.append(node)
        template = self.program.template_of(node)
        self.rule.asked.add(template.name)
        for argument in node.arguments:
            self.whole(argument.value, variables, node)
            if not argument.binds:
                self.rule.complexity += 1
                continue
            assert argument.name is not None
            name = argument.value.name if isinstance(argument.value, tree.Name) else None
            is_field = name is not None and name in template.fields
            variables[argument.name] = [(node, name)] if is_field else []

    def expression(
        self,
        node: tree.Expression,
        variables: dict[str, Meanings],
        pattern: tree.Call | None,
        hidden: frozenset[str] = frozenset(),
    ) -> None:
        """Note what an expression reads."""
        match node:
            case tree.Name():
                if node.name not in hidden:
                    self.name(node.name, variables, pattern)
            case tree.Attribute() if self.known(node, variables, hidden):
                for meaning in self.known(node, variables, hidden):
                    if isinstance(meaning, tuple):  # not an answer: reading that reads no field
                        self.note(*meaning)
            case tree.Attribute() if (
                reached := self.follow(node.target, variables, pattern, hidden)
            ) is not None:
                self.expression(node.target, variables, pattern, hidden)
                self.note(reached[0], node.name)
            case tree.Compare() if all(operator in IDENTITY for operator, _ in node.rest):
                for child in tree.children(node):
                    if not self.facts(child, variables, hidden):
                        self.expression(child, variables, pattern, hidden)
            case tree.Comprehension():
                names = frozenset(name for clause in node.clauses for name in clause.targets)
                for child in tree.children(node):
                    self.expression(child, variables, pattern, hidden | names)
            case tree.Call():
                for argument in node.arguments:
                    self.expression(argument.value, variables, pattern, hidden)
            case _:
                for child in tree.children(node):
                    self.expression(child, variables, pattern, hidden)

    def known(
        self, node: tree.Expression, variables: dict[str, Meanings], hidden: frozenset[str]
    ) -> Meanings:
        """What an expression can stand for, where no comprehension hides its name."""
        name = node
        while isinstance(name, tree.Attribute):
            name = name.target
        if isinstance(name, tree.Name) and name.name in hidden:
            return []
        return self.meanings(node, variables)

    def facts(
        self, node: tree.Expression, variables: dict[str, Meanings], hidden: frozenset[str]
    ) -> list[tree.Call]:
        """The patterns whose facts an expression can stand for."""
        known = self.known(node, variables, hidden)
        return [held[0] for held in known if isinstance(held, tuple) and held[1] is None]

    def follow(
        self,
        node: tree.Expression,
        variables: dict[str, Meanings],
        pattern: tree.Call | None,
        hidden: frozenset[str],
    ) -> tuple[tree.Expression, Template] | None:
        """The reference that a value is, if it is one, as it was first followed."""
        parameter = self.parameter(node, hidden)
        if parameter is not None:
            return self.followed_once(parameter, node, self.parameters[parameter])
        found = self.field_read(node, variables, pattern, hidden)
        if found is None:
            return None
        holders, template, name = found
        declared = template.fields.get(name)
        if declared is None or declared.type.name not in self.program.templates:
            return None
        return self.followed_once((holders, name), node, self.program.templates[declared.type.name])

    def parameter(self, node: tree.Expression, hidden: frozenset[str]) -> str | None:
        """The parameter that is a fact which a name stands for, by way of other queries too."""
        given = self.given
        while isinstance(node, tree.Name) and node.name not in hidden:
            if node.name not in given:
                return node.name if node.name in self.parameters else None
            node, given = given[node.name]
        return None

    def followed_once(
        self, key: object, node: tree.Expression, template: Template
    ) -> tuple[tree.Expression, Template]:
        """A reference as it was first followed, which is here if it was nowhere."""
        for scope in self.followed:
            if key in scope:
                return scope[key]
        reached = (node, template)
        self.rule.asked.add(template.name)
        self.followed[-1][key] = reached
        self.following.append(node)
        self.rule.reads[id(node)] = set()
        return reached

    def field_read(
        self,
        node: tree.Expression,
        variables: dict[str, Meanings],
        pattern: tree.Call | None,
        hidden: frozenset[str],
    ) -> tuple[object, Template, str] | None:
        """What tells the fact that a value is a field of, its template, and the field."""
        if isinstance(node, tree.Name) and node.name not in hidden:
            own = self.program.template_of(pattern) if pattern is not None else None
            if own is not None and node.name in own.fields:
                return (id(pattern),), own, node.name
            meanings = variables.get(node.name, [])
            held = meanings[0] if len(meanings) == 1 else None
            if not isinstance(held, tuple) or held[1] is None:
                return None
            return (id(held[0]),), self.program.template_of(held[0]), held[1]
        if not isinstance(node, tree.Attribute):
            return None
        target = node.target
        facts = self.facts(target, variables, hidden)
        if facts:
            return tuple(map(id, facts)), self.program.template_of(facts[0]), node.name
        reached = self.follow(target, variables, pattern, hidden)
        return ((id(reached[0]),), reached[1], node.name) if reached is not None else None

    def name(self, name: str, variables: dict[str, Meanings], pattern: tree.Call | None) -> None:
        if pattern is not None and name in self.program.template_of(pattern).fields:
            self.note(pattern, name)
        elif name in variables:
            for meaning in variables[name]:
                if isinstance(meaning, tuple):
                    self.note(*meaning)
        elif name not in self.program.params:
            assert pattern is not None, name
            assert self.program.template_of(pattern).open, name
            self.note(pattern, name)

    def note(self, pattern: tree.Expression, name: str | None) -> None:
        """A field is read through a pattern; without a name, any may be."""
        reads = self.rule.reads[id(pattern)]
        if name is None:
            self.rule.reads[id(pattern)] = None
        elif reads is not None:
            reads.add(name)


def only_pattern(program: Program, source: tree.Expression) -> tree.Call | None:
    """The pattern whose fields an accumulate sees as bare names."""
    if isinstance(source, tree.Bind):
        source = source.value
    operands = source.operands if isinstance(source, tree.And) else (source,)
    patterns = [
        each
        for operand in operands
        for each in [operand.value if isinstance(operand, tree.Bind) else operand]
        if program.is_pattern(each)
    ]
    if len(patterns) != 1 or any(isinstance(operand, tree.Or) for operand in operands):
        return None
    assert isinstance(patterns[0], tree.Call)
    return patterns[0]
