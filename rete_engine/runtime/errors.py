"""What ends a session, or its work, as a whole."""

from __future__ import annotations

from typing import final

from rete_engine.diagnostics.errors import SecurityError, SessionError


@final
class SessionLimitError(SecurityError):
    """A bound on the session as a whole was passed: its state can no longer be trusted."""


@final
class StrategyError(SessionError):
    """A program's strategy gives no order: the agenda can no longer be trusted."""
