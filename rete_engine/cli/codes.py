"""The exit codes."""

from __future__ import annotations

from enum import IntEnum


class ExitCode(IntEnum):
    """What the process answers with. Scripts rely on these numbers."""

    DONE = 0  # halted too; warnings too, unless --strict
    WRONG_INPUT = 1  # rules, facts or parameters are wrong or unreadable; a check found something
    WRONG_USAGE = 2  # of the command line itself
    FAILED = 3  # an action or a condition
    STOPPED = 4  # at --limit or --timeout
    INTERRUPTED = 130  # as shells say of a process that Ctrl-C ended
    READER_GONE = 141  # as shells say of a process whose output nobody reads any more
