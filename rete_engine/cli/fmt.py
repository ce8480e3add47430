"""`rete fmt`: rule files in the one layout."""

from __future__ import annotations

import contextlib
import difflib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from rich.text import Text

from rete_engine.cli.codes import ExitCode
from rete_engine.cli.faults import Stop
from rete_engine.cli.screen import Screen
from rete_engine.diagnostics.errors import RuleSyntaxError
from rete_engine.language.formatter import format_source
from rete_engine.language.reader import decode_source, read_source

STDIN = "-"


def fmt(files: Sequence[str], check: bool, screen: Screen) -> None:
    """Format files in place, or tell which ones would change.

    A file that is wrong is told and left as it is; the others are formatted all the same.

    Args:
        files: Rule files, folders of them, or `-` for standard input.
        check: Write nothing; name the files that would change.
        screen: Where to tell it.

    Raises:
        Stop: Something is wrong with a file, or one would change (if `check`).
    """
    changed = wrong = 0
    paths = list(_paths(files, screen))
    for path in paths:
        if path is None:
            wrong += 1
            continue
        try:
            before, after = _formatted(path)
            if before == after and not (path == STDIN and not check):
                continue
            if check:
                screen.print(f"{_named(path)} is not formatted")
                _show_difference(_named(path), before, after, screen)
            elif path == STDIN:
                screen.write(after)
            else:
                write_atomically(Path(path), after)
                screen.print(f"formatted {path}")
            changed += before != after
        except RuleSyntaxError as error:
            wrong += 1
            for diagnostic in error.diagnostics:
                screen.diagnostic(diagnostic)
        except OSError as error:
            wrong += 1
            screen.error(f"{path}: {error.strerror or error}")
    if check or paths != [STDIN]:
        screen.print(_summary(len(paths), changed, wrong, check))
    if wrong or (check and changed):
        raise Stop(ExitCode.WRONG_INPUT)


def _paths(files: Sequence[str], screen: Screen) -> Iterator[str | None]:
    """The files meant, each once; None for what is no file of rules, which is told."""
    seen: set[str] = set()
    for given in files:
        path = Path(given)
        if given == STDIN:
            found = [given]
        elif path.is_dir():
            found = [str(file) for file in sorted(path.rglob("*.rete")) if not _hidden(file, path)]
            if not found:
                screen.error(f"there are no .rete files in {given}")
                yield None
        elif path.suffix in (".yaml", ".yml"):
            screen.error(
                f"{given}: only .rete files have a layout of their own, YAML has its own tools"
            )
            yield None
            continue
        else:
            found = [given]
        for file in found:
            if file not in seen:
                seen.add(file)
                yield file


def _hidden(file: Path, folder: Path) -> bool:
    """Whether a file of a folder is in a place that is not looked into, as `.venv`."""
    return any(part.startswith(".") for part in file.relative_to(folder).parts)


def _formatted(path: str) -> tuple[bytes, bytes]:
    """The content of a file as it is, and as it should be.

    Lines end as the first one does. A byte order mark goes.

    Raises:
        RuleSyntaxError: The text cannot be read or is wrong.
    """
    if path == STDIN:
        before = sys.stdin.buffer.read()
        source = decode_source(before, "<stdin>")
    else:
        source = read_source(path)
        before = Path(path).read_bytes()
    after = format_source(source)
    if before.partition(b"\n")[0].endswith(b"\r"):
        after = after.replace("\n", "\r\n")
    return before, after.encode()


def _named(path: str) -> str:
    return "<stdin>" if path == STDIN else path


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the content of a file, so that there is the old one or the new one, never a part.

    Args:
        path: The file, which exists; a symbolic link is followed. Its permissions are kept.
        content: What it is to hold.

    Raises:
        OSError: It cannot be written; then it is as it was.
    """
    target = path.resolve()
    if not os.access(target, os.W_OK):  # a folder that can be written to would let it be replaced
        raise PermissionError(None, "it may not be written to", str(path))
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        shutil.copymode(target, name)
        os.replace(name, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise


def _show_difference(name: str, before: bytes, after: bytes, screen: Screen) -> None:
    """What formatting would change, on a terminal."""
    if not screen.out.isatty():
        return
    old, new = (content.decode("utf-8-sig").splitlines() for content in (before, after))
    for line in difflib.unified_diff(old, new, name, "formatted", lineterm=""):
        colour = {"+": "green", "-": "red", "@": "cyan"}.get(line[0], "")
        screen.render_line(Text(line, colour))


def _summary(files: int, changed: int, wrong: int, check: bool) -> str:
    found = []
    if changed:
        found.append(f"{changed:,} {'not ' if check else ''}formatted")
    if wrong:
        found.append(f"{wrong:,} wrong")
    return f"{files:,} file{'' if files == 1 else 's'}: {', '.join(found) or 'nothing to do'}"
