"""The errors of values and evaluations, before anybody knows which rule they belong to.

The runtime turns them into the errors of `diagnostics.errors`, with the rule, line and facts.
Being over a limit is told apart: that is a `SecurityError` from the start.
"""

from __future__ import annotations


class Misfit(Exception):  # noqa: N818 - it says what is wrong with a value, in one word
    """A value does not fit the type that it is meant for: "expected int, got str 'abc'"."""


class EvaluationError(Exception):
    """An expression has no value: "cannot add int and none", "division by zero"."""
