"""What rules log, and what the engine itself warns of, shown while a run lasts."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from rete_engine.cli.screen import Screen

_STYLES = {"warning": "bold yellow", "error": "bold red", "critical": "bold red"}


class _ToScreen(logging.Handler):
    def __init__(self, screen: Screen) -> None:
        super().__init__()
        self._screen = screen

    def emit(self, record: logging.LogRecord) -> None:
        level = record.levelname.lower()
        self._screen.tell(record.getMessage(), level, _STYLES.get(level, "magenta"))


@contextmanager
def logged(screen: Screen, level: int) -> Iterator[None]:
    """Show the messages of the `rete_engine` loggers, from a level on, on standard error."""
    logger = logging.getLogger("rete_engine")
    before = logger.level, logger.propagate
    handler = _ToScreen(screen)
    logger.addHandler(handler)
    logger.setLevel(level)
    logger.propagate = False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before[0])
        logger.propagate = before[1]
