"""From rules in Python to documents: their conditions read, with places in the Python file."""

from __future__ import annotations

import linecache
import re
from collections.abc import Iterable
from datetime import date

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.diagnostics.errors import RuleSyntaxError
from rete_engine.diagnostics.source import Source, Span
from rete_engine.expressions import tree
from rete_engine.language.parser import parse_conditions, parse_expression
from rete_engine.language.reader import make_source
from rete_engine.language.scanner import scan
from rete_engine.model.declarations import Document, RuleAttributes, RuleDeclaration
from rete_engine.session.python_rules import PythonRule


def documents_of(rules: Iterable[PythonRule]) -> tuple[list[Document], list[Diagnostic]]:
    """Rules as documents of one rule each, and what is wrong with the texts in them.

    Raises:
        TypeError: What is given is no list of rules.
    """
    if isinstance(rules, PythonRule) or callable(rules):
        raise TypeError("rules is a list of rules: rules=[…]")
    documents: list[Document] = []
    diagnostics: list[Diagnostic] = []
    for each in dict.fromkeys(rules):  # the same rule twice is no second one
        if not isinstance(each, PythonRule):
            raise TypeError(f"rules holds functions with the decorator @rule, not {each!r}")
        reader = _Reader(each)
        documents.append(reader.document())
        diagnostics.extend(reader.diagnostics)
    return documents, diagnostics


class _Reader:
    """Reads one rule."""

    def __init__(self, given: PythonRule) -> None:
        self.given = given
        text = "".join(linecache.getlines(given.file)) if given.file else ""
        self.source = Source(given.file or f"rule '{given.name}'", text)
        line = self.source.line(given.line)
        start = len(line) - len(line.lstrip()) + 1
        self.span = Span(self.source, given.line, start, given.line, len(line) + 1)
        self.diagnostics: list[Diagnostic] = []

    def document(self) -> Document:
        given = self.given
        when: tuple[tree.Expression, ...] = ()
        found = self.located(given.when)
        if found is not None:
            source, line, column, text = found
            when, problems = parse_conditions(source, scan(source, text, line, column))
            self.diagnostics.extend(problems)
        attributes = self.attributes()
        broken = frozenset([given.name]) if self.diagnostics else frozenset()
        declaration = RuleDeclaration(
            self.span, given.name, attributes, when, (), given.function,
            tuple(given.attributes["derives"]),
        )  # fmt: skip
        declared = () if self.diagnostics else (declaration,)
        return Document(self.source, None, None, declared, broken, self.identity())

    def identity(self) -> str:
        """What the rule is, the same in every process: the function by its name."""
        given = self.given
        where = f"{getattr(given.function, '__module__', '')}.{_name_of(given.function)}"
        said = [f"{key}={value!r}" for key, value in given.attributes.items()]
        return "\n".join([f"rule {given.name}", *said, given.when, where])

    def attributes(self) -> RuleAttributes:
        given = self.given.attributes
        days = given["effective"] or (None, None)
        since, until = (day.isoformat() if isinstance(day, date) else day for day in days)
        return RuleAttributes(
            description=given["description"],
            tags=tuple(given["tags"]),
            salience=self.expression(given["salience"]),
            group=given["group"],
            group_span=self.span if given["group"] is not None else None,
            auto_focus=self.span if given["auto_focus"] else None,
            activation_group=given["activation_group"],
            activation_group_span=self.span if given["activation_group"] is not None else None,
            no_loop=self.span if given["no_loop"] else None,
            lock_on_active=self.span if given["lock_on_active"] else None,
            enabled=self.expression(given["enabled"]),
            effective=self.span if given["effective"] is not None else None,
            effective_from=since,
            effective_to=until,
        )

    def expression(self, value: object) -> tree.Expression | None:
        """A constant, or the expression that a text says."""
        if not isinstance(value, str):
            return tree.Constant(self.span, value)
        found = self.located(value)
        if found is None:
            return None
        source, line, column, text = found
        expression, problems = parse_expression(source, scan(source, text, line, column))
        self.diagnostics.extend(problems)
        return expression

    def located(self, given: str) -> tuple[Source, int, int, str] | None:
        """A text with the place where it begins: in the Python file, if it stands there as it is.

        Else it is a source of its own that is called by the place of the rule. None when it
        cannot be read.
        """
        rule = self.given
        place = f"{rule.file}:{rule.line}: " if rule.file else ""
        try:
            alone = make_source(given, f"{place}rule '{rule.name}'")
        except RuleSyntaxError as error:
            self.diagnostics.extend(error.diagnostics)
            return None
        whole, starts = self.source.text, self.source.starts
        if 0 < rule.line <= len(starts) and given.strip():
            begin = starts[rule.line - 1]
            head = _DEF.search(whole, begin)
            found = whole.find(given, begin, head.start() if head else begin)
            if found > 0 and whole[found - 1] in "'\"":
                line = rule.line + whole.count("\n", begin, found)
                return self.source, line, found - starts[line - 1] + 1, given
        return alone, 1, 1, alone.text


#: Where the decorators of a function end.
_DEF = re.compile(r"^\s*(?:async\s+)?def\s", re.MULTILINE)


def _name_of(function: object) -> str:
    return str(getattr(function, "__qualname__", type(function).__qualname__))
