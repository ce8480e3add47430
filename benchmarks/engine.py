"""An engine as the measurement sees it: the same few calls, whichever it is."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from benchmarks.workload import Batch, Row, Steps, Workload


class Trial:
    """One use of an engine: its rules are built, working memory is empty."""

    called: list[int]  # what the rules have called the program's function with

    def load(self, batches: Sequence[Batch]) -> None:
        """Insert the facts, in their order."""
        raise NotImplementedError

    def run(self) -> int:
        """Fire until nothing is left to fire, and tell how many rules fired."""
        raise NotImplementedError

    def take(self, template: str) -> None:
        """Get hold of the facts of a template, in the order in which they were loaded."""
        raise NotImplementedError

    def modify_each(self, steps: Steps) -> int:
        """Modify one of the facts taken and run, for each step; tell how many rules fired."""
        raise NotImplementedError

    def replace_each(self, steps: Steps) -> int:
        """Retract one of the facts taken, insert another one in its place and run, and so on."""
        raise NotImplementedError

    def session_each(self, steps: Steps) -> int:
        """Give up the session; open one, insert a fact and run, and so on. The last one stays."""
        raise NotImplementedError

    def each(self, steps: Steps) -> int:
        """Do what the steps say."""
        kinds = {
            "modify": self.modify_each,
            "replace": self.replace_each,
            "session": self.session_each,
        }
        return kinds[steps.kind](steps)

    def facts(self, template: str) -> list[Row]:
        """The fields of the facts of a template."""
        raise NotImplementedError

    def close(self) -> None:
        """Let go of everything."""
        raise NotImplementedError


class Engine:
    """An engine, or one way of using it."""

    name: str

    def missing(self) -> str | None:
        """Why the engine cannot be measured here; None when it can."""
        raise NotImplementedError

    def refuses(self, workload: Workload, size: int) -> str | None:
        """Why the engine is not measured with a workload at a size; None when it is."""
        return None

    def version(self) -> str:
        """Which engine exactly."""
        raise NotImplementedError

    def prepare(self, workload: Workload, size: int) -> None:
        """Do what a program has done before, at an earlier start: it is not timed."""

    def open(self, workload: Workload, size: int) -> Trial:
        """Build the rules of a workload at a size."""
        raise NotImplementedError


def functions(workload: Workload, called: list[int]) -> Mapping[str, Callable[[int], None]]:
    """The function that a workload's rules call: it notes with what."""

    def note(value: int) -> None:
        called.append(value)

    return {workload.function: note} if workload.function else {}
