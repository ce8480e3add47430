"""Running a session in parts, so that what it gives stays within bounds."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from rete_engine.services.feeds import firing_as_json
from rete_engine.session.jsonable import jsonable
from rete_engine.session.results import Loop
from rete_engine.session.session import Session

#: Firings between two looks at how much there is.
PART = 25


@dataclass
class Told:
    """What runs gave that nobody was told yet; a run that fails leaves it to the next one.

    Attributes:
        fired: How many rules fired.
        outputs: What rules emitted, as JSON.
        printed: The lines that rules printed.
        errors: What failed and was passed over.
        firings: Each firing, where it was traced, as JSON.
        stopped: As `RunResult.stopped`; `"limit"` too where there is enough to tell.
        loop: As `RunResult.loop`.
        weight: How much all of it is.
    """

    fired: int = 0
    outputs: list[object] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    firings: list[object] = field(default_factory=list)
    stopped: str = ""
    loop: Loop | None = None
    weight: int = 0

    def say(self, text: str) -> None:
        """Take a printed line."""
        self.printed.append(text)
        self.weight += weight_of(text)

    def run(
        self, session: Session, limit: int | None, seconds: float, trace: bool, most: int
    ) -> bool:
        """Run a session until it ends, or there is enough to tell.

        Args:
            session: The session.
            limit: The most firings to try.
            seconds: The most seconds.
            trace: Whether to list each firing.
            most: How much may be told.

        Returns:
            Whether it ended by itself, or at a limit or time that was asked for.

        Raises:
            RuleEngineError: As `Session.run`.
        """
        deadline = time.monotonic() + seconds
        left = limit
        while True:
            # Of a limit that is no multiple, the odd part comes first: the last one tells a loop.
            part = PART if left is None else left % PART or min(left, PART)
            result = session.run(part, max(deadline - time.monotonic(), 0.0), trace=trace)
            self.fired += result.fired
            self._add(self.outputs, [jsonable(value) for value in result.outputs])
            self._add(self.firings, [firing_as_json(firing) for firing in result.firings])
            for error in map(str, result.errors):
                self.errors.append(error)
                self.weight += len(error)
            self.stopped, self.loop = result.stopped, result.loop
            if result.stopped != "limit":
                self.loop = None
                return True
            if left is not None:
                left -= part
                if left == 0:
                    return True
            if self.weight > most:
                return False

    def _add(self, to: list[object], values: list[object]) -> None:
        to += values
        self.weight += sum(map(weight_of, values))


def weight_of(value: object) -> int:
    """About how many characters a value of JSON has.

    Example:
        >>> weight_of({"a": [1, 2, "three"]})
        30
    """
    if isinstance(value, str):
        return len(value) + 2
    if isinstance(value, list):
        return 2 + sum(map(weight_of, value))
    if isinstance(value, dict):
        return 2 + sum(len(key) + 2 + weight_of(each) for key, each in value.items())
    return 8
