"""Progress on a terminal, for what takes longer than a moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from rete_engine.cli.screen import Screen

#: Seconds without output after which progress is shown, and between two looks at the counter.
PATIENCE = 1.0
_INTERVAL = 0.1


class Ticker:
    """Shows a counter on standard error, if that is a terminal, once a step takes long.

    The work never waits for it: a thread of its own reads the counter. Anything written to the
    screen takes the display away; it comes back after another second of silence.
    """

    def __init__(self, screen: Screen, count: Callable[[], str]) -> None:
        self._screen = screen
        self._count = count
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._shown: Progress | None = None
        self._quiet_since = time.monotonic()

    def __enter__(self) -> Ticker:
        if self._screen.err.isatty():
            self._screen.before_writing = self._hide
            self._thread = threading.Thread(target=self._watch, daemon=True)
            self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopped.set()
        if self._thread is not None:
            self._thread.join()
            self._hide()
            self._screen.before_writing = lambda: None

    def _watch(self) -> None:
        started = time.monotonic()
        while not self._stopped.wait(_INTERVAL):
            with self._lock:
                if time.monotonic() - self._quiet_since < PATIENCE:
                    continue
                if self._shown is None:
                    self._shown = self._begin(started)
                self._shown.update(self._shown.task_ids[0], description=self._count())
                self._shown.refresh()

    def _begin(self, started: float) -> Progress:
        progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            TimeElapsedColumn(),
            console=Console(file=self._screen.err),
            auto_refresh=False,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        progress.start()
        task = progress.add_task("", total=None)
        progress.tasks[task].start_time = started
        return progress

    def _hide(self) -> None:
        with self._lock:
            self._quiet_since = time.monotonic()
            if self._shown is not None:
                self._shown.stop()
                self._shown = None
