"""`RuleSet`: a compiled rule set, from which sessions are opened."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.diagnostics.errors import RuleSyntaxError, RuleValidationError
from rete_engine.diagnostics.source import NOWHERE, PYTHON
from rete_engine.expressions.frame import Limits
from rete_engine.expressions.reads import constant_key
from rete_engine.expressions.types import Type
from rete_engine.network.compiled import CompiledParam
from rete_engine.network.picture import to_dot, to_mermaid
from rete_engine.network.rules import QuerySpec
from rete_engine.network.templates import FieldSpec, TemplateSpec
from rete_engine.session.accumulators import Accumulator, checked_accumulators
from rete_engine.session.cached import Cache, CacheOption, Content
from rete_engine.session.collector import held_back
from rete_engine.session.files import FORMATS, files_of
from rete_engine.session.meanings import Meanings
from rete_engine.session.paths import PlanPath, plans_of, reasons_of
from rete_engine.session.session import Session
from rete_engine.session.settings import Settings, Shared

if TYPE_CHECKING:
    from rete_engine.model.declarations import Document
    from rete_engine.session.classes import Template
    from rete_engine.session.loading import Loader
    from rete_engine.session.python_rules import PythonRule

#: The limits of sessions that are given none.
_LIMITS = Limits()

# Parser and compiler are imported where they are used: a rule set from the cache needs neither.


@dataclass(frozen=True)
class TemplateInfo:
    """A template as a program sees it.

    Attributes:
        name: Its name.
        extends: The templates that it extends, the nearest first.
        fields: Its fields, inherited ones first; each has `name`, `type`, `required`, `default`.
        key: The fields of its nearest key, or None.
        unique: Whether no two live facts agree on all fields.
        open: Whether facts may have further fields.
    """

    name: str
    extends: tuple[str, ...]
    fields: tuple[FieldSpec, ...]
    key: tuple[str, ...] | None
    unique: bool
    open: bool


@dataclass(frozen=True)
class RuleInfo:
    """A rule as a program sees it: name, place, and what its attributes say."""

    name: str
    description: str | None
    tags: tuple[str, ...]
    file: str
    line: int


@dataclass(frozen=True)
class QueryInfo:
    """A query as a program sees it.

    Attributes:
        name: Its name.
        parameters: The types of its parameters, by name.
        variables: What its answers have.
        file: The file that declares it.
        line: The line in which it is declared.
    """

    name: str
    parameters: Mapping[str, Type]
    variables: tuple[str, ...]
    file: str
    line: int


class RuleSet:
    """Rules, templates, functions and facts, compiled once and shared by many sessions.

    A rule set never changes and may be used by several threads at a time. Make one with `load`
    or `parse`.

    Attributes:
        name: What `ruleset` calls it, else the name given, else that of the first file.
        description: What `ruleset` says of it, or None.
        templates: The templates, by name.
        rules: The rules in the order in which they are written, imports first.
        params: The parameters, by name.
        queries: The queries, by name.
        external_functions: The names of the functions that the program has to provide.
        diagnostics: The warnings.
        hash: A hexadecimal digest of all that was read.
        from_cache: Whether it was read from the cache, and not compiled.

    Example:
        >>> rules = RuleSet.parse('''
        ... template Order
        ...     id: int
        ...     total: float
        ... end
        ... rule "large"
        ... when
        ...     o := Order(total > 100)
        ... then
        ...     emit o.id
        ... end
        ... ''')
        >>> with rules.session() as session:
        ...     _ = session.insert("Order", id=1, total=250.0)
        ...     session.run().outputs
        [1]
    """

    def __init__(
        self,
        content: Content | None = None,
        name: str = "",
        functions: Mapping[str, Callable[..., object]] = MappingProxyType({}),
        accumulators: Mapping[str, Accumulator] = MappingProxyType({}),
    ) -> None:
        if not isinstance(content, Content):
            raise TypeError(
                "a RuleSet is made by RuleSet.load(…) of files, or RuleSet.parse(…) of a text"
            )
        self._compiled = compiled = content.compiled
        self._functions = dict(functions)
        self._documents = content.documents
        self.name = content.name or name
        self.description = content.description
        self.diagnostics = content.diagnostics
        self.hash = content.hash
        self.from_cache = content.from_cache
        specs = compiled.network.templates
        self.templates: Mapping[str, TemplateInfo] = MappingProxyType(
            {spec.name: _template_info(spec) for spec in specs}
        )
        self.params: Mapping[str, CompiledParam] = MappingProxyType(
            {param.name: param for param in compiled.params}
        )
        self.queries: Mapping[str, QueryInfo] = MappingProxyType(
            {query.name: _query_info(query) for query in compiled.network.queries}
        )
        self.external_functions = tuple(external.name for external in compiled.externals)
        self.rules = tuple(
            RuleInfo(rule.name, rule.description, rule.tags, rule.file, rule.line)
            for rule in compiled.network.rules
        )
        self._shared = Shared(
            compiled,
            Meanings(content.documents, tuple(accumulators)),
            dict(content.classes),
            tuple(accumulators.values()),
        )
        vars(self)["_complete"] = True

    def __setattr__(self, name: str, value: object) -> None:
        if "_complete" in vars(self):
            raise AttributeError("a rule set cannot be changed; load or parse another")
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        raise AttributeError("a rule set cannot be changed; load or parse another")

    @classmethod
    def load(
        cls,
        *paths: str | Path | Iterable[str | Path],
        templates: Sequence[Template | type] = (),
        functions: Mapping[str, Callable[..., object]] | None = None,
        accumulators: Mapping[str, Accumulator] | None = None,
        rules: Sequence[PythonRule] = (),
        cache: CacheOption = None,
    ) -> RuleSet:
        """Read rule files, or all rule files of a folder, and compile them together.

        Args:
            paths: Files and folders; `.yaml` and `.yml` files are YAML, all others rule text.
            templates: Python classes (dataclasses, pydantic models) that become templates.
            functions: Python functions for what the text declares as `external function`.
            accumulators: Accumulators that conditions may use, by name.
            rules: Rules in Python, made by `rule`; they stand behind those of the text.
            cache: A folder that keeps compiled rule sets, True for the user's own, False for
                none; by default what the environment variable `RETE_ENGINE_CACHE` says, else none.
                With `templates` or `rules`, nothing is kept.

        Raises:
            RuleSyntaxError: A file cannot be read or does not follow the grammar.
            RuleValidationError: Names, types or declarations do not hold together.
            FactError: A class cannot become a template.
        """
        given: list[str | Path] = []
        for path in paths:
            if isinstance(path, str) and "\n" in path:
                message = "this is a text of rules, where the name of a file is expected"
                hint = "RuleSet.parse takes a text"
                raise RuleSyntaxError([Diagnostic("RE0001", message, NOWHERE, hint)])
            if isinstance(path, (str, Path)):
                given.append(path)
            elif isinstance(path, Iterable):
                given.extend(path)
            else:
                raise TypeError(f"load() takes files and folders, not {path!r}")
        if not given:
            raise TypeError("load() needs a file or a folder")
        brought = _checked(functions), checked_accumulators(accumulators)
        name = Path(given[0]).stem
        with held_back():
            files = files_of(given)
            entry = None
            if not templates and not rules:
                entry = Cache.of_files(cache, files, list(brought[1]))
            kept = entry.read() if entry is not None else None
            if kept is not None:
                return cls(kept, name, *brought)
            loader = _loader()
            loader.classes(templates)
            for file in files:
                loader.file(file, None, None)
            loader.rules(rules)
            return cls(_content(loader, brought[1], entry), name, *brought)

    @classmethod
    def parse(
        cls,
        text: str,
        *,
        name: str = "<text>",
        templates: Sequence[Template | type] = (),
        functions: Mapping[str, Callable[..., object]] | None = None,
        accumulators: Mapping[str, Accumulator] | None = None,
        rules: Sequence[PythonRule] = (),
        base: str | Path | None = None,
        format: str = "rete",
        cache: CacheOption = None,
        most_parts: int | None = None,
    ) -> RuleSet:
        """Compile a text.

        Args:
            text: Rules in the rule language, or in YAML.
            name: What messages call the text.
            templates: Python classes (dataclasses, pydantic models) that become templates.
            functions: Python functions for what the text declares as `external function`.
            accumulators: Accumulators that conditions may use, by name.
            rules: Rules in Python, made by `rule`; they stand behind those of the text.
            base: The folder that the text may import from; without it, it may not import.
            format: `"rete"` or `"yaml"`.
            cache: As of `load`.
            most_parts: How many parts the text may have, for texts from strangers: conditions,
                constraints and fields, as often as alternatives, queries and `extends` repeat
                them. They are counted before anything is made of them. None for any number.

        Raises:
            RuleSyntaxError: The text does not follow the grammar.
            RuleValidationError: Names, types or declarations do not hold together, or there are
                too many parts (RE0003).
            FactError: A class cannot become a template.
            ValueError: The format is unknown.
        """
        if not isinstance(text, str):
            raise TypeError(f"parse() takes the text of rules, not {type(text).__name__}")
        if format not in FORMATS:
            raise ValueError(f"format is one of {', '.join(FORMATS)}, not {format!r}")
        brought = _checked(functions), checked_accumulators(accumulators)
        folder = Path(base) if base is not None else None
        with held_back():
            entry = None
            if not templates and not rules:
                place = None if folder is None else str(folder.resolve())
                entry = Cache.of_text(cache, text, name, format, [place, most_parts, *brought[1]])
            kept = entry.read() if entry is not None else None
            if kept is not None:
                return cls(kept, name, *brought)
            loader = _loader()
            loader.classes(templates)
            loader.text(text, name, folder, format)
            loader.rules(rules)
            return cls(_content(loader, brought[1], entry, most_parts), name, *brought)

    @classmethod
    def of_document(cls, document: Document) -> RuleSet:
        """Compile a document that a program made of the model's parts.

        Raises:
            RuleValidationError: Names, types or declarations do not hold together.
        """
        with held_back():
            loader = _loader()
            loader.documents.append(document)
            return cls(_content(loader, {}, None), "rules", {}, {})

    def session(
        self,
        params: Mapping[str, object] | None = None,
        *,
        strategy: str | Callable[[Any], Any] = "depth",
        seed: int = 0,
        functions: Mapping[str, Callable[..., object]] | None = None,
        on_error: str = "raise",
        clock: Callable[[], datetime] | None = None,
        out: Callable[[str], object] | None = None,
        limits: Limits | None = None,
        write_back: bool = False,
        adopt: bool = False,
        explain: bool = True,
    ) -> Session:
        """Open a session. It costs the same for ten rules and for ten thousand.

        Args:
            params: Values for parameters, by name.
            strategy: `depth`, `breadth`, `lex`, `mea`, `simplicity`, `complexity`, `random`, or a
                function of a `Waiting` activation to a sortable; the highest fires first.
            seed: For `random`: the same seed gives the same order.
            functions: External functions; they come before those of the rule set.
            on_error: What becomes of a match whose action fails: `raise`, `skip`, `quarantine`.
            clock: Answers `now()` with an aware datetime; by default the system's, in UTC.
            out: Takes each line that rules print; by default the logger `rete_engine.print`.
            limits: Bounds on evaluations and on the whole session.
            write_back: Whether changed fields are assigned to the program's own objects.
            adopt: Whether an object of a class that was not declared is a fact of the template
                that has its class's name.
            explain: Whether firings leave the small records that `Session.why` reads.

        Raises:
            FactError: A parameter is unknown, missing, or of the wrong type, or a fact of a facts
                block does not fit.
            SessionError: An external function is not provided, or an option is unknown.
        """
        return Session(
            self._shared,
            Settings(
                params,
                strategy,
                seed,
                {**self._functions, **functions} if functions else self._functions,
                on_error,
                clock,
                out,
                _LIMITS if limits is None else limits,
                write_back,
                adopt,
                explain,
            ),
        )

    def graph(self, format: str = "mermaid") -> str:
        r"""The network as a picture in text: `"mermaid"` or `"dot"` (Graphviz).

        Example:
            >>> rules = RuleSet.parse('template T\nend\nrule "r"\nwhen\n T()\nthen\n halt\nend')
            >>> rules.graph("mermaid").splitlines()[0]
            'flowchart TD'
        """
        network = self._compiled.network
        if format == "mermaid":
            return to_mermaid(network, reasons_of(network))
        if format == "dot":
            return to_dot(network, reasons_of(network))
        raise ValueError(f"format must be 'mermaid' or 'dot', not {format!r}")

    def plans(self) -> dict[str, list[PlanPath]]:
        r"""In which order the conditions of each rule are joined, and why.

        The plan depends on the rules alone: the same text has the same plan everywhere.

        Returns:
            For each rule, by name, a path for each of its alternatives.

        Example:
            >>> rules = RuleSet.parse('''
            ... template Customer
            ...     id: int
            ... end
            ... template Order
            ...     customer: int
            ... end
            ... rule "r"
            ... when
            ...     c := Customer(id > 3)
            ...     o := Order(customer == c.id)
            ... then
            ...     emit o.customer
            ... end
            ... ''')
            >>> for step in rules.plans()["r"][0].steps:
            ...     print(step.text, "-", step.reason)
            Customer(id > 3) - first as written
            join Order() by customer - its key is known
        """
        return plans_of(self._compiled.network)

    def __repr__(self) -> str:
        return f"<RuleSet {self.name}: {len(self.rules)} rules, {len(self.templates)} templates>"


def _loader() -> Loader:
    from rete_engine.session.loading import Loader

    return Loader()


def _checked(
    functions: Mapping[str, Callable[..., object]] | None,
) -> Mapping[str, Callable[..., object]]:
    if functions is not None and not isinstance(functions, Mapping):
        raise TypeError("functions is a mapping of names to functions")
    return functions or {}


def _content(
    loader: Loader,
    accumulators: Mapping[str, Accumulator],
    entry: Cache | None,
    most_parts: int | None = None,
) -> Content:
    """What a loader has read, compiled; it is kept for the next time if there is an entry for it.

    Raises:
        RuleSyntaxError: A text cannot be read or does not follow the grammar.
        RuleValidationError: Names, types or declarations do not hold together.
    """
    from rete_engine.compiler.compile import compile_documents
    from rete_engine.model.declarations import TemplateDeclaration

    documents = loader.documents
    compiled, found = compile_documents(documents, accumulators, most_parts)
    diagnostics = loader.all_diagnostics(found)
    errors = [d for d in diagnostics if d.severity == "error"]
    if loader.diagnostics and errors:
        raise RuleSyntaxError(errors)
    if compiled is None:
        raise RuleValidationError(errors)
    named = next((document for document in reversed(documents) if document.name), None)
    classes = {
        declaration.name: declaration.python_class
        for document in documents
        for declaration in document.declarations
        if isinstance(declaration, TemplateDeclaration) and declaration.python_class
    }
    content = Content(
        compiled,
        named.name if named is not None else None,
        named.description if named is not None else None,
        _digest(documents, compiled.network.templates),
        diagnostics,
        classes,
        lambda: documents,
    )
    if entry is not None:
        entry.write(content, loader)
    return content


def _template_info(spec: TemplateSpec) -> TemplateInfo:
    key = None
    if spec.key is not None:
        key = tuple(spec.fields[index - spec.first_field].name for index in spec.key)
    extends: list[str] = []
    base = spec.base
    while base is not None:
        extends.append(base.name)
        base = base.base
    return TemplateInfo(spec.name, tuple(extends), spec.fields, key, spec.unique, spec.open)


def _query_info(spec: QuerySpec) -> QueryInfo:
    parameters = {field.name: field.type for field in spec.arguments.fields}
    variables = tuple(spec.answers.positions)
    return QueryInfo(spec.name, MappingProxyType(parameters), variables, spec.file, spec.line)


def _digest(documents: Sequence[Document], specs: Sequence[TemplateSpec]) -> str:
    from rete_engine.model.declarations import TemplateDeclaration

    digest = hashlib.sha256()
    by_name = {spec.name: spec for spec in specs}
    for document in documents:
        text = document.source.text if document.identity is None else document.identity
        if document.source is PYTHON:
            text = "\n".join(
                _spelled(by_name[declaration.name])
                for declaration in document.declarations
                if isinstance(declaration, TemplateDeclaration)
            )
        digest.update(text.encode())
        digest.update(b"\0")
    return digest.hexdigest()


def _spelled(spec: TemplateSpec) -> str:
    """All that a template made from a Python class says, the same in every process."""
    lines = [f"template {spec.name} key{spec.key} {'unique' if spec.unique else ''}"]
    for field in spec.fields:
        default = "required" if field.required else constant_key(field.default)
        made = getattr(field.factory, "__qualname__", "made") if field.factory else default
        lines.append(f"{field.name}: {field.type} in {constant_key(field.allowed)} = {made}")
    return "\n".join(lines)


__all__ = ["PlanPath", "QueryInfo", "RuleInfo", "RuleSet", "TemplateInfo", "Type"]
