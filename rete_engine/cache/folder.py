"""The folder that holds the entries: found, guarded, written, kept small.

An entry is a file: a line that says what it is, with the SHA-256 of the rest, then the rest. It
is written beside its place and moved there, so readers see all of it or nothing, however many
write at a time. What the checksum refuses is as good as absent.

On POSIX systems neither a folder nor an entry is used that belongs to somebody else, or that
others may write to: whoever can put an entry there decides what the rules do.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import stat
import sys
import tempfile
import time
from pathlib import Path

logger = logging.getLogger("rete_engine.cache")

#: Decides where no `cache=` is given: a folder, or a word of `WORDS`.
VARIABLE = "RETE_ENGINE_CACHE"

#: What the variable may say instead of a folder.
WORDS = {"": False, "0": False, "off": False, "no": False, "false": False}
WORDS |= {"1": True, "on": True, "yes": True, "true": True}

#: All entries together, in bytes; beyond it those go that were not used for longest.
MOST_BYTES = 256 * 1024 * 1024

#: The largest entry, in bytes.
LARGEST_ENTRY = 128 * 1024 * 1024

#: What was being written for longer, in seconds, was given up by its writer.
ABANDONED = 3_600

#: An entry that was marked as used within these seconds is not marked again.
MARKED = 3_600

ENDING = ".rules"
MAGIC = b"rete-engine rule set 1 sha256 "


def default_folder() -> Path:
    """The folder for caches of the user: as the platform has it."""
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local"
        return Path(base, "rete-engine", "Cache")
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "rete-engine"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache", "rete-engine")


class Folder:
    """A folder of entries. Nothing that goes wrong with it is an error: then there is no entry."""

    def __init__(self, path: Path, most_bytes: int = MOST_BYTES) -> None:
        self.path = path
        self.most_bytes = most_bytes

    def read(self, key: str) -> bytes | None:
        """What was written under a key, if it is whole."""
        path = self.path / f"{key}{ENDING}"
        try:
            self._check(os.stat(self.path), "folder")
            content = self._content(path)
        except FileNotFoundError:
            return None
        except OSError as error:
            logger.warning("the cache of rule sets is not used: %s", error)
            return None
        head, _, body = content.partition(b"\n")
        digest = hashlib.sha256(body).hexdigest().encode()
        if head != MAGIC + digest:
            logger.warning("the cached rule set %s is damaged; it is made anew", path)
            return None
        return body

    def _content(self, path: Path) -> bytes:
        flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
        # A pipe in its place would wait for a writer.
        with open(os.open(path, flags | getattr(os, "O_NONBLOCK", 0)), "rb") as file:
            status = os.fstat(file.fileno())
            self._check(status, "entry")
            if not stat.S_ISREG(status.st_mode) or status.st_size > LARGEST_ENTRY:
                raise OSError(f"{path} is no entry")
            content = file.read(LARGEST_ENTRY)
        if time.time() - status.st_mtime > MARKED:
            with contextlib.suppress(OSError):
                os.utime(path)  # so that it is known to be in use
        return content

    def _check(self, status: os.stat_result, what: str) -> None:
        """Refuse what others can have written.

        Raises:
            PermissionError: They can.
        """
        if sys.platform == "win32":
            return  # the folder is below the user's own, which says it all
        if status.st_uid != os.geteuid():
            raise PermissionError(f"the {what} of {self.path} belongs to another user")
        if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise PermissionError(f"others may write to the {what} of {self.path}")

    def write(self, key: str, body: bytes) -> None:
        """Put something under a key, in place of what was there."""
        digest = hashlib.sha256(body).hexdigest().encode()
        content = MAGIC + digest + b"\n" + body
        if len(content) > min(LARGEST_ENTRY, self.most_bytes):
            logger.info("a rule set of %d bytes is not cached: it is too large", len(content))
            return
        try:
            self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._check(os.stat(self.path), "folder")
            self._replace(self.path / f"{key}{ENDING}", content)
            self._prune()
        except OSError as error:
            logger.warning("the rule set is not cached: %s", error)

    def _replace(self, path: Path, content: bytes) -> None:
        descriptor, name = tempfile.mkstemp(dir=self.path, prefix="writing-")  # for the user alone
        try:
            with open(descriptor, "wb") as file:
                file.write(content)
            os.replace(name, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(name)
            raise

    def _prune(self) -> None:
        """Keep the folder within its bounds; whoever else does so at the same time is welcome."""
        now = time.time()
        entries: list[tuple[float, int, str]] = []
        with os.scandir(self.path) as found:
            for entry in found:
                with contextlib.suppress(OSError):
                    status = entry.stat(follow_symlinks=False)
                    if entry.name.endswith(ENDING):
                        entries.append((status.st_mtime, status.st_size, entry.path))
                    elif entry.name.startswith("writing-") and now - status.st_mtime > ABANDONED:
                        os.unlink(entry.path)
        total = sum(size for _, size, _ in entries)
        for _, size, path in sorted(entries):
            if total <= self.most_bytes:
                return
            with contextlib.suppress(OSError):
                os.unlink(path)
            total -= size
