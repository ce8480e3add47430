"""Registrations by URI, safe under threads."""

from __future__ import annotations

import threading
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Registry(Generic[Value]):
    """What is registered under which URI, in the order of registration."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # also around steps of several reads and writes
        self._values: dict[str, Value] = {}

    def put(self, uri: str, value: Value) -> None:
        """Register a value; one that is there is replaced."""
        with self.lock:
            self._values[uri] = value

    def get(self, uri: str) -> Value | None:
        """The value of a URI."""
        with self.lock:
            return self._values.get(uri)

    def remove(self, uri: str) -> bool:
        """Deregister a URI; whether it was there."""
        with self.lock:
            return self._values.pop(uri, None) is not None

    def all(self) -> dict[str, Value]:
        """All values by URI, as they are now."""
        with self.lock:
            return dict(self._values)
