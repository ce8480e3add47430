"""Making rule execution sets: of streams, texts, objects, documents and URIs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any
from urllib.parse import unquote, urlsplit

from rete_engine.diagnostics.errors import RuleEngineError
from rete_engine.diagnostics.source import Source
from rete_engine.jsr94.exceptions import RuleExecutionSetCreateException
from rete_engine.jsr94.execution_sets import Rule, RuleExecutionSet
from rete_engine.jsr94.interfaces import (
    LocalRuleExecutionSetProvider,
    Properties,
    RuleExecutionSetProvider,
)
from rete_engine.jsr94.properties import OF_CREATION, OF_RUN, OF_SESSION, misspelt
from rete_engine.language.reader import make_source, read_source
from rete_engine.session.collector import held_back
from rete_engine.session.files import FORMATS, YAML_ENDINGS
from rete_engine.session.ruleset import RuleSet
from rete_engine.session.safe import Expression
from rete_engine.session.single_facts import read_rules


class LocalProvider(LocalRuleExecutionSetProvider):
    """Makes rule execution sets of streams, texts and objects."""

    def create_rule_execution_set(
        self, source: IO[Any] | str | Any, properties: Properties | None = None
    ) -> RuleExecutionSet:
        """A rule execution set.

        Args:
            source: A stream or text of rules; or a `RuleSet`, a list of `Rule`s, a mapping (a
                document of YAML as data) or a pydantic model of one.
            properties: `name`, `description`, `format` (`"rete"`, the default, or `"yaml"`),
                `templates`, `functions` and `base` as for `RuleSet.parse`; any others are
                properties of the set.

        Raises:
            RuleExecutionSetCreateException: It cannot be made; the cause says why.
        """
        given = _given(properties)
        if hasattr(source, "read"):
            try:
                source = source.read()
            except (OSError, ValueError) as error:
                raise _failure("the stream cannot be read", error) from error
        if isinstance(source, bytes | bytearray):
            try:
                source = source.decode("utf-8")
            except UnicodeDecodeError as error:
                raise _failure("the text is not UTF-8", error) from error
        if isinstance(source, str):
            return of_text(source, given)
        return of_object(source, given)


class RemoteProvider(RuleExecutionSetProvider):
    """Makes rule execution sets of URIs and documents."""

    def create_rule_execution_set(
        self, source: str | Any, properties: Properties | None = None
    ) -> RuleExecutionSet:
        """A rule execution set.

        Args:
            source: The URI or path of a rule file; or a document: a mapping (a document of YAML
                as data) or whatever else `LocalProvider` takes for an object.
            properties: As for `LocalProvider`; the format is by default what the file's ending
                says.

        Raises:
            RuleExecutionSetCreateException: It cannot be made; the cause says why.
        """
        given = _given(properties)
        if not isinstance(source, str | Path):
            return of_object(source, given)
        path = _path(source)
        is_yaml = path.suffix in YAML_ENDINGS
        given.setdefault("format", "yaml" if is_yaml else "rete")
        try:
            if given["format"] == "yaml" or not path.is_dir():
                text = read_source(path)
                return of_text(text.text, {"base": path.parent, **given}, text.name)
            loaded = RuleSet.load(
                path, templates=given.get("templates", ()), functions=given.get("functions")
            )
        except RuleExecutionSetCreateException:
            raise
        except (RuleEngineError, TypeError) as error:
            raise _failure(f"the rules at '{source}' cannot be loaded", error) from error
        return _of_rule_set(loaded, given)


def of_text(text: str, given: dict[str, Any], name: str = "<text>") -> RuleExecutionSet:
    """The rule execution set of a text.

    Raises:
        RuleExecutionSetCreateException: It is wrong.
    """
    format = given.get("format", "rete")
    if format not in FORMATS:
        raise RuleExecutionSetCreateException(
            f"format is one of {', '.join(FORMATS)}, not {format!r}"
        )
    try:
        if format == "yaml":
            with held_back():
                found = _single_facts(make_source(text, name), given)
            if found is not None:
                return found
        rules = RuleSet.parse(
            text,
            name=name if name != "<text>" else str(given.get("name", name)),
            templates=given.get("templates", ()),
            functions=given.get("functions"),
            base=given.get("base"),
            format=format,
        )
    except RuleExecutionSetCreateException:
        raise
    except (RuleEngineError, TypeError) as error:
        raise _failure("the rules are wrong", error) from error
    return _of_rule_set(rules, given)


def of_object(source: Any, given: dict[str, Any]) -> RuleExecutionSet:
    """The rule execution set of an object.

    Raises:
        RuleExecutionSetCreateException: There is none of such an object, or it is wrong.
    """
    if isinstance(source, RuleExecutionSet):
        return source
    if isinstance(source, RuleSet):
        return _of_rule_set(source, given)
    if isinstance(source, list | tuple) and all(isinstance(rule, Rule) for rule in source):
        name = given.get("name", "rules")
        return RuleExecutionSet(name, source, _rest(given), given.get("description"))
    if hasattr(source, "model_dump"):
        source = source.model_dump(exclude_none=True)
    if isinstance(source, Mapping):
        return of_text(as_text(source), {**given, "format": "yaml"}, "<document>")
    raise RuleExecutionSetCreateException(
        f"rules cannot be made of {type(source).__name__}: give a stream, a text, a RuleSet,"
        " a list of Rule objects, or a mapping"
    )


def as_text(document: Mapping[Any, Any]) -> str:
    """A document as text: JSON is YAML, and quotes all strings.

    Raises:
        RuleExecutionSetCreateException: It holds something that has no text.
    """
    try:
        return json.dumps(document, indent=2, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise _failure("the document is no plain data", error) from error


def _single_facts(source: Source, given: dict[str, Any]) -> RuleExecutionSet | None:
    """The rule execution set of a YAML text whose rules are over one fact; None for any other."""
    written = read_rules(source)
    if written is None:
        return None
    rules = [
        Rule(
            rule.name,
            Expression.of_tree(rule.condition, ["fact"]),
            Expression.of_tree(rule.action, ["fact"]),
            rule.priority,
            rule.description,
        )
        for rule in written.rules
    ]
    properties = {"source": "yaml", **_rest(given)}
    description = given.get("description") or written.description
    if description:
        properties["description"] = description
    try:
        return RuleExecutionSet(given.get("name") or written.name, rules, properties)
    except RuleExecutionSetCreateException:
        # As the text says it, errors of types and names have its places and words.
        RuleSet.parse(source.text, name=source.name, format="yaml")
        raise


def _of_rule_set(rules: RuleSet, given: dict[str, Any]) -> RuleExecutionSet:
    return RuleExecutionSet.of_rule_set(
        rules, given.get("name"), given.get("description"), _rest(given)
    )


def _given(properties: Properties | None) -> dict[str, Any]:
    if properties is not None and not isinstance(properties, Mapping):
        raise RuleExecutionSetCreateException(
            f"properties must be a mapping, not {type(properties).__name__}"
        )
    given = dict(properties or {})
    for name in ("name", "description"):
        if not isinstance(given.get(name, ""), str):
            raise RuleExecutionSetCreateException(f"the property '{name}' must be a text")
    if (wrong := misspelt(given, (*OF_CREATION, *OF_SESSION, *OF_RUN))) is not None:
        raise RuleExecutionSetCreateException(wrong)
    return given


def _rest(given: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in given.items() if name not in OF_CREATION}


def _path(source: str | Path) -> Path:
    """The file of a URI or path."""
    if isinstance(source, Path):
        return source
    parts = urlsplit(source)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    if len(parts.scheme) > 1:  # one letter is a drive
        raise RuleExecutionSetCreateException(
            f"rules are not fetched from '{parts.scheme}:': give a path or a file: URI"
        )
    return Path(source)


def _failure(message: str, error: Exception) -> RuleExecutionSetCreateException:
    return RuleExecutionSetCreateException(f"{message}: {error}", error)
