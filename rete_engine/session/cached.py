"""Rule sets from the cache: what an entry is for, whether it still holds, what is kept of one.

The key of an entry is a digest of everything that the text is compiled with: the texts given and
their names, the engine with its build and its own source files, and the names of the program's
accumulators. What the texts import stands in the entry, with a digest of each file: an entry
holds only as long as all of them are as they were.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rete_engine._compiled import compiled
from rete_engine._version import __version__
from rete_engine.cache.folder import VARIABLE, WORDS, Folder, default_folder, logger
from rete_engine.diagnostics.diagnostic import Diagnostic, Note
from rete_engine.diagnostics.errors import RuleSyntaxError
from rete_engine.diagnostics.source import Source, Span
from rete_engine.language.reader import make_source, read_source
from rete_engine.network.compiled import Compiled
from rete_engine.session.files import format_of

if TYPE_CHECKING:
    from rete_engine.model.declarations import Document
    from rete_engine.session.loading import Loader

#: Rises with every change of what entries hold.
VERSION = 1

#: What `cache=` takes.
CacheOption = bool | str | os.PathLike[str] | None


@dataclass(frozen=True)
class Content:
    """What a rule set is, apart from what the program brings along.

    Attributes:
        compiled: The network and what stands beside it.
        name: What `ruleset` calls it, or None.
        description: What `ruleset` says of it, or None.
        hash: A digest of all that was read.
        diagnostics: The warnings.
        classes: The classes that templates were made from, by name.
        documents: Answers with all that was read, in the order in which it was compiled.
        from_cache: Whether it was read and not compiled.
    """

    compiled: Compiled
    name: str | None
    description: str | None
    hash: str
    diagnostics: tuple[Diagnostic, ...]
    classes: Mapping[str, type]
    documents: Callable[[], Sequence[Document]]
    from_cache: bool = False


def folder_of(option: CacheOption) -> Folder | None:
    """The folder that `cache=` or else the environment means; None where there is no cache.

    Raises:
        TypeError: It is neither a folder nor a truth value.
    """
    if option is None:
        said = os.environ.get(VARIABLE, "")
        option = WORDS.get(said.strip().lower(), said)
    if isinstance(option, bool):
        return Folder(default_folder()) if option else None
    if not isinstance(option, (str, os.PathLike)):
        raise TypeError(f"cache is a folder, True or False, not {option!r}")
    return Folder(Path(option).expanduser())


class Cache:
    """The entry of one rule set: of files, or of a text."""

    def __init__(
        self,
        folder: Folder,
        files: Sequence[Path],
        text: Source | None,
        format: str,
        options: Sequence[object],
    ) -> None:
        self.folder = folder
        self.text = text
        self.format = format  # of the text
        roots = [(os.fspath(file), _place(file), _digest(read_source(file))) for file in files]
        given = None if text is None else (text.name, _digest(text))
        key = [VERSION, engine(), roots, given, format, list(options)]
        self.key = hashlib.sha256(json.dumps(key).encode()).hexdigest()

    @classmethod
    def of_files(
        cls, option: CacheOption, files: Sequence[Path], options: Sequence[object]
    ) -> Cache | None:
        """The entry of a rule set of files; None where there is none, or a file cannot be read."""
        folder = folder_of(option)
        try:
            return None if folder is None else cls(folder, files, None, "", options)
        except RuleSyntaxError:
            return None  # whoever reads the files next tells of it

    @classmethod
    def of_text(
        cls, option: CacheOption, text: str, name: str, format: str, options: Sequence[object]
    ) -> Cache | None:
        """The entry of a rule set of a text; None where there is none, or it cannot be read."""
        folder = folder_of(option)
        try:
            if folder is None:
                return None
            return cls(folder, (), make_source(text, name), format, options)
        except RuleSyntaxError:
            return None

    def read(self) -> Content | None:
        """The rule set, if it is there and all that it was made of is as it was."""
        body = self.folder.read(self.key)
        if body is None:
            return None
        try:
            found = json.loads(body)
            sources = self._sources(found["files"])
            if sources is None:
                return None
            return _content(found, sources, len(body), lambda: self._parsed(sources))
        except Exception as error:
            # Its checksum holds, so it was written so: by an engine with a fault, or a stranger.
            logger.warning("the cached rule set %s cannot be read: %r", self.key, error)
            return None

    def _sources(self, files: Iterable[tuple[str, str, str] | None]) -> list[Source] | None:
        """The sources of an entry, if they are all as they were; None stands for the text."""
        sources: list[Source] = []
        for file in files:
            if file is None:
                assert self.text is not None
                sources.append(self.text)
                continue
            name, place, digest = file
            try:
                source = read_source(name)
            except RuleSyntaxError:
                return None
            if _place(name) != place or _digest(source) != digest:
                return None
            sources.append(source)
        return sources

    def _parsed(self, sources: Sequence[Source]) -> list[Document]:
        """The documents of the sources; they had no errors when they were compiled."""
        from rete_engine.session.loading import parse_any

        return [
            parse_any(source, self.format if source is self.text else format_of(Path(source.name)))[
                0
            ]
            for source in sources
        ]

    def write(self, content: Content, loader: Loader) -> None:
        """Keep a rule set that was compiled of what a loader has read."""
        from rete_engine.cache.encode import NotStorableError, encode

        places = {id(source): str(place) for source, place in loader.files}
        sources = [document.source for document in loader.documents]
        try:
            entry = {
                "files": [
                    (source.name, places[id(source)], _digest(source))
                    if id(source) in places
                    else None
                    for source in sources
                ],
                "name": content.name,
                "description": content.description,
                "hash": content.hash,
                "diagnostics": [_told(each, sources) for each in content.diagnostics],
                **encode(content.compiled),
            }
        except NotStorableError as error:
            logger.info("rule set %s is not cached: it holds %s", self.key, error)
            return
        text = json.dumps(entry, ensure_ascii=False, separators=(",", ":"))
        self.folder.write(self.key, text.encode("utf-8", "surrogatepass"))


def _content(
    found: Mapping[str, Any],
    sources: Sequence[Source],
    size: int,
    documents: Callable[[], Sequence[Document]],
) -> Content:
    """What an entry says.

    Raises:
        Exception: Any. Then it is damaged.
    """
    from rete_engine.cache.decode import decode

    return Content(
        decode(found, size),
        found["name"],
        found["description"],
        found["hash"],
        tuple(_diagnostic(each, sources) for each in found["diagnostics"]),
        {},
        documents,
        from_cache=True,
    )


@functools.cache
def engine() -> tuple[object, ...]:
    """What compiles: the version of the engine and of Python, the build, the engine's own files.

    The files are told by size and time, so that an edit in a checkout counts as another version.
    """
    rooms = ("compiler", "diagnostics", "expressions", "language", "model", "network", "session")
    files: list[tuple[str, int, int]] = []
    package = Path(__file__).parents[1]
    for room in (*rooms, "cache", "../grammar", "grammar"):
        folder = package / room
        if folder.is_dir():
            with os.scandir(folder) as found:
                for entry in found:
                    if entry.is_file():
                        status = entry.stat()
                        files.append((entry.name, status.st_size, status.st_mtime_ns))
    digest = hashlib.sha256(json.dumps(sorted(files)).encode()).hexdigest()
    build = "compiled" if compiled() else "pure"
    return (__version__, build, sys.implementation.name, *sys.version_info[:2], digest)


def _place(file: str | os.PathLike[str]) -> str:
    """Which file it is, however it is named."""
    return str(Path(file).resolve())


def _digest(source: Source) -> str:
    return hashlib.sha256(source.text.encode("utf-8", "surrogatepass")).hexdigest()


def _told(diagnostic: Diagnostic, sources: Sequence[Source]) -> list[Any]:
    """A diagnostic as data."""
    notes = [[note.message, _span_told(note.span, sources)] for note in diagnostic.notes]
    return [
        diagnostic.code,
        diagnostic.message,
        _span_told(diagnostic.span, sources),
        diagnostic.hint,
        diagnostic.severity,
        notes,
    ]


def _span_told(span: Span, sources: Sequence[Source]) -> list[int]:
    number = next(number for number, source in enumerate(sources) if source is span.source)
    return [number, span.line, span.column, span.end_line, span.end_column]


def _diagnostic(told: Sequence[Any], sources: Sequence[Source]) -> Diagnostic:
    """A diagnostic of data."""
    code, message, span, hint, severity, notes = told
    return Diagnostic(
        code,
        message,
        _span(span, sources),
        hint,
        severity,
        tuple(Note(text, _span(place, sources)) for text, place in notes),
    )


def _span(told: Sequence[int], sources: Sequence[Source]) -> Span:
    number, line, column, end_line, end_column = told
    return Span(sources[number], line, column, end_line, end_column)
