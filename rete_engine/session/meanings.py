"""What rules mean, for explanations: read when somebody asks, with the compiler that it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rete_engine.compiler.meaning import Meanings as ReadMeanings
    from rete_engine.compiler.meaning import RuleMeaning
    from rete_engine.model.declarations import Document


class Meanings:
    """The meanings of the rules of a rule set; several threads may ask."""

    def __init__(
        self, documents: Callable[[], Sequence[Document]], accumulators: tuple[str, ...]
    ) -> None:
        self._documents = documents  # of a rule set from the cache, they are parsed now
        self._accumulators = accumulators  # names of the program's, as they are numbered
        self._read: ReadMeanings | None = None
        self._lock = Lock()

    def of(self, name: str) -> RuleMeaning:
        """The meaning of a rule, which there is."""
        with self._lock:
            if self._read is None:
                from rete_engine.compiler.meaning import Meanings as ReadMeanings

                self._read = ReadMeanings(self._documents(), self._accumulators)
        return self._read.of(name)
