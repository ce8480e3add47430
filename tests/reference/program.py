"""A rule set as the reference understands it: its own, small resolution of names."""

from __future__ import annotations

from collections.abc import Iterator
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
    program = Program({}, {}, {}, [], [])
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
            case _:
                raise NotImplementedError(type(declaration).__name__)
    for rule in program.rules:
        Reader(program, rule).read()
    return program


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


# What a variable can stand for, in one branch of an `or` or another: the fact of a pattern, or a
# field of it. There is nothing for a value.
Meanings = list[tuple[tree.Call, str | None]]


class Reader:
    """Finds out which fields the conditions of a rule read through which pattern."""

    def __init__(self, program: Program, rule: Rule) -> None:
        self.program = program
        self.rule = rule
        # The references that the conjunctions around follow: the value, and the template.
        self.followed: list[dict[object, tuple[tree.Expression, Template]]] = [{}]
        self.following: list[tree.Expression] = []

    def read(self) -> None:
        variables: dict[str, Meanings] = {}
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

    def pattern(self, node: tree.Call, variables: dict[str, Meanings]) -> None:
        self.rule.reads[id(node)] = set()
        self.rule.patterns.append(node)
        template = self.program.template_of(node)
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
            case tree.Attribute(target=tree.Name(name=name)) if name not in hidden and self.facts(
                name, variables
            ):
                for held in self.facts(name, variables):
                    self.note(held, node.name)
            case tree.Attribute() if (
                reached := self.follow(node.target, variables, pattern, hidden)
            ) is not None:
                self.expression(node.target, variables, pattern, hidden)
                self.note(reached[0], node.name)
            case tree.Compare() if all(operator in IDENTITY for operator, _ in node.rest):
                for child in tree.children(node):
                    is_fact = (
                        isinstance(child, tree.Name)
                        and child.name not in hidden
                        and bool(self.facts(child.name, variables))
                    )
                    if not is_fact:
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

    def follow(
        self,
        node: tree.Expression,
        variables: dict[str, Meanings],
        pattern: tree.Call | None,
        hidden: frozenset[str],
    ) -> tuple[tree.Expression, Template] | None:
        """The reference that a value is, if it is one, as it was first followed."""
        found = self.field_read(node, variables, pattern, hidden)
        if found is None:
            return None
        holders, template, name = found
        declared = template.fields.get(name)
        if declared is None or declared.type.name not in self.program.templates:
            return None
        for scope in self.followed:
            if (holders, name) in scope:
                return scope[holders, name]
        reached = (node, self.program.templates[declared.type.name])
        self.followed[-1][holders, name] = reached
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
            field = meanings[0][1] if len(meanings) == 1 else None
            if field is None:
                return None
            return (id(meanings[0][0]),), self.program.template_of(meanings[0][0]), field
        if not isinstance(node, tree.Attribute):
            return None
        target = node.target
        facts = self.facts(target.name, variables) if isinstance(target, tree.Name) else []
        if facts:
            return tuple(map(id, facts)), self.program.template_of(facts[0]), node.name
        reached = self.follow(target, variables, pattern, hidden)
        return ((id(reached[0]),), reached[1], node.name) if reached is not None else None

    def facts(self, name: str, variables: dict[str, Meanings]) -> list[tree.Call]:
        """The patterns whose facts a variable holds."""
        return [pattern for pattern, field in variables.get(name, []) if field is None]

    def name(self, name: str, variables: dict[str, Meanings], pattern: tree.Call | None) -> None:
        if pattern is not None and name in self.program.template_of(pattern).fields:
            self.note(pattern, name)
        elif name in variables:
            for meaning in variables[name]:
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
