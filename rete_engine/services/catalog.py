"""Named rule sets: what a service has to offer. Safe under threads."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from rete_engine.diagnostics.diagnostic import did_you_mean
from rete_engine.diagnostics.errors import RuleEngineError
from rete_engine.language.reader import read_source
from rete_engine.services.faults import Code, Fault, fault_of
from rete_engine.session.collector import held_back
from rete_engine.session.files import FORMATS, files_of, is_yaml
from rete_engine.session.ruleset import RuleSet
from rete_engine.session.single_facts import SingleFacts, written_rules

#: What a rule set may be called: what needs no escaping in a path.
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]{0,99}")

#: So many rule sets are kept where the operator says nothing.
MOST = 1_000

#: Characters of a text that comes through a service, and the parts it may have: what compiles in a
#: few seconds at the worst.
LONGEST_TEXT = 500_000
MOST_PARTS = 20_000


@dataclass(frozen=True)
class Entry:
    """A rule set with its name and its text.

    Attributes:
        name: What it is asked for by.
        text: As it was given.
        format: `"rete"` or `"yaml"`.
        rules: The rules, compiled.
        single_facts: The rules too, where they are rules over one fact each; else None.
    """

    name: str
    text: str
    format: str
    rules: RuleSet
    single_facts: SingleFacts | None

    @property
    def description(self) -> str | None:
        """What the text says that the rules are for."""
        return self.rules.description


class Catalog:
    r"""Rule sets by name.

    Args:
        functions: What texts may declare as `external function`, by name.
        most: How many rule sets are kept.
        text: Characters of a text that comes through a service, at most.
        parts: How many parts such a text may have, as of `RuleSet.parse`.
        read_only: Whether rule sets are only those that were loaded from files.

    Example:
        >>> catalog = Catalog()
        >>> _ = catalog.register("hello", 'rule "hello"\nwhen\nthen\n    emit "hello"\nend\n')
        >>> [entry.name for entry in catalog.entries()]
        ['hello']
    """

    def __init__(
        self,
        functions: Mapping[str, Callable[..., object]] | None = None,
        *,
        most: int = MOST,
        text: int = LONGEST_TEXT,
        parts: int = MOST_PARTS,
        read_only: bool = False,
    ) -> None:
        self.functions = dict(functions or {})
        self.most = most
        self.text = text
        self.parts = parts
        self.read_only = read_only
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}

    def register(
        self, name: str, text: str, format: str = "rete", *, replace: bool = True
    ) -> tuple[Entry, bool]:
        """Compile a text that came through a service, and keep it under a name.

        Whoever uses the rule set that had the name goes on with that one.

        Args:
            name: Letters, digits and `. _ ~ -`, at most 100.
            text: The rules. They may import nothing.
            format: `"rete"` or `"yaml"`.
            replace: Whether another rule set of this name is replaced.

        Returns:
            The entry, and whether the name is new.

        Raises:
            Fault: The name cannot be one or is taken, the text is wrong or too large, there are
                too many rule sets, or the operator does not allow it. Nothing changed.
        """
        self._check_writable()
        check_name(name)
        self._check_room(name, replace)
        entry = self.compile(name, text, format)
        with self._lock:
            self._check_room(name, replace)
            is_new = name not in self._entries
            self._entries[name] = entry
        return entry, is_new

    def compile(self, name: str, text: str, format: str) -> Entry:
        """Compile a text that came through a service, and keep nothing.

        Raises:
            Fault: The text is wrong, or too large.
        """
        if len(text) > self.text:
            raise Fault(
                Code.OVER_LIMIT,
                f"a text of rules has at most {self.text:,} characters, this one {len(text):,};"
                " make several rule sets of it, and give facts as data",
            )
        if format not in FORMATS:
            raise Fault(
                Code.WRONG_REQUEST, f"format is one of {', '.join(FORMATS)}, not {format!r}"
            )
        try:
            return self._of_text(name, text, format)
        except RuleEngineError as error:
            raise fault_of(error) from error

    def load(self, paths: Iterable[str | Path]) -> list[Entry]:
        """Take up the operator's own files, each a rule set of its own; a folder means its files.

        They may import other files. A rule set is called as it calls itself where that can be a
        name, else as its file is called.

        Raises:
            RuleEngineError: A file cannot be read, or is wrong.
            Fault: Two rule sets have one name, or a file's name cannot be one.
        """
        loaded: list[Entry] = []
        for path in files_of(paths):
            source = read_source(path)
            format = "yaml" if is_yaml(path) else "rete"
            rules = RuleSet.load(path, functions=self.functions)
            name = rules.name if NAME.fullmatch(rules.name) else path.stem
            check_name(name)
            entry = Entry(name, source.text, format, rules, _single_facts(rules))
            with self._lock:
                if name in self._entries:
                    raise Fault(Code.WRONG_REQUEST, f"{path}: another rule set is called '{name}'")
                self._entries[name] = entry
            loaded.append(entry)
        return loaded

    def get(self, name: str) -> Entry:
        """The rule set of a name.

        Raises:
            Fault: There is none.
        """
        with self._lock:
            entry = self._entries.get(name)
            names = list(self._entries)
        if entry is None:
            hint = did_you_mean(name, names)
            more = f"; {hint}" if hint else ""
            raise Fault(Code.NOT_FOUND, f"there is no rule set '{name}'{more}")
        return entry

    def entries(self) -> list[Entry]:
        """All rule sets, by name."""
        with self._lock:
            entries = list(self._entries.values())
        return sorted(entries, key=lambda entry: entry.name)

    def deregister(self, name: str) -> Entry:
        """Forget a rule set. Whoever uses it goes on with it.

        Raises:
            Fault: There is none, or the operator does not allow it.
        """
        self._check_writable()
        entry = self.get(name)
        with self._lock:
            self._entries.pop(name, None)
        return entry

    def _of_text(self, name: str, text: str, format: str) -> Entry:
        rules = RuleSet.parse(
            text, name=name, functions=self.functions, format=format, most_parts=self.parts
        )
        missing = [each for each in rules.external_functions if each not in self.functions]
        if missing:
            raise Fault(
                Code.WRONG_RULES,
                f"the service does not provide the external function '{missing[0]}'",
            )
        return Entry(name, text, format, rules, _single_facts(rules))

    def _check_writable(self) -> None:
        if self.read_only:
            raise Fault(Code.FORBIDDEN, "rule sets cannot be changed here")

    def _check_room(self, name: str, replace: bool) -> None:
        if name in self._entries:
            if not replace:
                raise Fault(Code.WRONG_REQUEST, f"there is a rule set '{name}' already")
        elif len(self._entries) >= self.most:
            raise Fault(Code.OVER_LIMIT, f"there are {self.most} rule sets, and no room for more")


def check_name(name: str) -> None:
    """Refuse what cannot be the name of a rule set.

    Raises:
        Fault: It cannot.
    """
    if NAME.fullmatch(name) is None:
        raise Fault(
            Code.WRONG_REQUEST,
            f"{name[:120]!r} cannot be the name of a rule set: it has letters, digits and . _ ~ -,"
            " begins with a letter or digit, and has at most 100 characters",
        )


def _single_facts(rules: RuleSet) -> SingleFacts | None:
    with held_back():
        written = written_rules(rules)
        return None if written is None else SingleFacts.of_written(written)
