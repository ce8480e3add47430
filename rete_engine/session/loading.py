"""From files, texts and classes to documents: imports followed, everything once."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from rete_engine.diagnostics.allowing import is_allowed
from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.diagnostics.errors import RuleSyntaxError
from rete_engine.diagnostics.source import NOWHERE, PYTHON, Source, Span
from rete_engine.language.parser import parse_document
from rete_engine.language.reader import declares_nothing, make_source, read_source
from rete_engine.model.declarations import Document, ImportDeclaration
from rete_engine.session.classes import Template, declaration_of
from rete_engine.session.files import format_of
from rete_engine.session.python_rules import PythonRule
from rete_engine.session.rule_reader import documents_of

#: Files that may import each other in a row; a file is followed by recursion.
DEEPEST_IMPORT = 100


#: What is rather the name of a file than a text of rules.
_FILE_NAME = re.compile(r"[^\n\"'#]+\.(rete|ya?ml)", re.IGNORECASE)


class Loader:
    """Collects the documents of a rule set, each after the ones that it imports."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.diagnostics: list[Diagnostic] = []
        self.files: list[tuple[Source, Path]] = []  # what was read, and which file it really is
        self.done: set[Path] = set()
        self.open: list[Path] = []  # files whose imports are being followed
        self.incomplete = False  # whether a file is missing, so that names may be unknown

    def classes(self, templates: Sequence[Template | type]) -> None:
        """Add templates made from Python classes."""
        if isinstance(templates, (type, Template)):
            raise TypeError("templates is a list of classes: templates=[…]")
        given: list[Template] = []
        for template in templates:
            one = template if isinstance(template, Template) else Template(template)
            if one not in given:  # the same class twice is no second declaration
                given.append(one)
        by_name = {getattr(t.cls, "__name__", ""): t.cls for t in given}  # or no class at all
        declarations = tuple(declaration_of(template, by_name) for template in given)
        if declarations:
            self.documents.append(Document(PYTHON, None, None, declarations))

    def rules(self, rules: Iterable[PythonRule]) -> None:
        """Add rules in Python."""
        documents, diagnostics = documents_of(rules)
        self.documents.extend(documents)
        self.diagnostics.extend(diagnostics)

    def file(self, path: Path, span: Span | None, base: Path | None) -> None:
        """Add a file and what it imports; `span` is the import that asked for it."""
        place = path.resolve()
        if place in self.open:
            cycle = [*self.open[self.open.index(place) :], place]
            listed = " -> ".join(p.name for p in cycle)
            self.error(f"files import each other in a cycle: {listed}", span)
            return
        if place in self.done:
            return
        if len(self.open) >= DEEPEST_IMPORT:
            self.error(f"files import each other more than {DEEPEST_IMPORT} deep", span)
            return
        try:
            source = read_source(path)
        except RuleSyntaxError as error:
            if span is None:
                self.diagnostics.extend(error.diagnostics)
                self.incomplete = True
            else:
                reason = error.diagnostics[0].message
                self.error(f"cannot import: {reason}", span)
            self.done.add(place)
            return
        self.files.append((source, place))
        self.open.append(place)
        document, diagnostics = parse_any(source, format_of(path))
        self.add(document, diagnostics, path.parent, base)
        self.open.pop()
        self.done.add(place)

    def text(self, text: str, name: str, base: Path | None, format: str) -> None:
        """Add a text; it may import from below a base folder only."""
        document, diagnostics = parse_any(make_source(text, name), format)
        if format == "rete" and not text.strip():
            diagnostics = []  # `parse("", …)` says so itself: all is in Python
        if diagnostics and _FILE_NAME.fullmatch(text.strip()):
            hint = "the name of a file is given to RuleSet.load, its text to RuleSet.parse"
            message = "this is the name of a file, not a text of rules"
            diagnostics = [replace(diagnostics[0], message=message, hint=hint)]
        self.add(document, diagnostics, base, base.resolve() if base is not None else None)

    def add(
        self,
        document: Document,
        diagnostics: Iterable[Diagnostic],
        folder: Path | None,
        base: Path | None,
    ) -> None:
        """Follow the imports of a document, then add it."""
        self.diagnostics.extend(diagnostics)
        for declaration in document.declarations:
            if isinstance(declaration, ImportDeclaration):
                self.follow(declaration, folder, base)
        self.documents.append(document)

    def follow(
        self, declaration: ImportDeclaration, folder: Path | None, base: Path | None
    ) -> None:
        """Add the file of an import."""
        if folder is None:
            self.error(
                "a text that is no file cannot import: there is no folder to look in",
                declaration.span,
                "give the program's call a base folder (base=…), or load a file",
            )
            return
        path = folder / declaration.path
        if base is not None and not path.resolve().is_relative_to(base):
            self.error(f"the import '{declaration.path}' leaves its folder", declaration.span)
            return
        self.file(path, declaration.span, base)

    def all_diagnostics(self, found: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
        """What was found in reading and in compiling, in the order of files and lines."""
        if self.incomplete:
            found = [diagnostic for diagnostic in found if diagnostic.code not in UNKNOWN]
        read = (diagnostic for diagnostic in self.diagnostics if not is_allowed(diagnostic))
        order = {id(document.source): number for number, document in enumerate(self.documents)}
        return tuple(
            sorted(
                (*read, *found),
                key=lambda d: (order.get(id(d.span.source), -1), d.span.line, d.span.column),
            )
        )

    def error(self, message: str, span: Span | None, hint: str | None = None) -> None:
        """Take up an error of an import."""
        self.incomplete = True
        self.diagnostics.append(Diagnostic("RE0016", message, span or NOWHERE, hint))


#: What is unknown where a file is missing: nothing is said of it, there is no end of it.
UNKNOWN = frozenset(["RE0100", "RE0102", "RE0103", "RE0104"])


def parse_any(source: Source, format: str) -> tuple[Document, list[Diagnostic]]:
    """The document of a text in one of the `FORMATS`, and what is wrong with it."""
    if format == "rete":
        document, diagnostics = parse_document(source)
        if not document.declarations and not diagnostics:
            place = Span(source, 1, 1, 1, len(source.line(1)) + 1)
            diagnostics.append(declares_nothing(place, "rules begin with 'rule \"name\"'"))
        return document, diagnostics
    from rete_engine.language.yaml_rules import parse_yaml  # brings in yaml and pydantic

    return parse_yaml(source)
