"""What a service answers when something is wrong: one shape for all causes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from rete_engine.diagnostics.diagnostic import Diagnostic
from rete_engine.diagnostics.errors import (
    FactError,
    KeyInUseError,
    RuleEngineError,
    RuleExecutionError,
    RuleSyntaxError,
    RuleValidationError,
    SecurityError,
)

#: So many diagnostics are told; who has more begins with the first of them.
MOST_TOLD = 100


class Code(StrEnum):
    """What kind of fault it is. Programs rely on these words."""

    WRONG_REQUEST = "wrong_request"  # it does not have the form that is asked for
    WRONG_RULES = "wrong_rules"  # the diagnostics say what and where
    WRONG_FACTS = "wrong_facts"  # facts or params do not fit the rules
    KEY_IN_USE = "key_in_use"  # another fact has the key
    FAILED = "failed"  # an action or a condition failed
    OVER_LIMIT = "over_limit"  # of size, number or time
    NOT_FOUND = "not_found"  # no such rule set, session or fact
    BUSY = "busy"  # another request is using it
    UNAUTHORIZED = "unauthorized"  # no token, or a wrong one
    FORBIDDEN = "forbidden"  # the operator does not allow it
    OVERLOADED = "overloaded"  # too much is asked at once; later it may do
    INTERNAL = "internal"  # a fault of the service itself


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is wrong at a place of a request, such as `facts[2]`."""

    place: str
    message: str


class Fault(Exception):  # noqa: N818 - what is answered, whoever is to blame
    """Something that a client is told.

    Attributes:
        code: What kind it is.
        message: What is wrong, for a reader.
        diagnostics: What is wrong, each with its place; those of rules with code and hint too.
    """

    def __init__(
        self, code: Code, message: str, diagnostics: Sequence[Diagnostic | Finding] = ()
    ) -> None:
        self.code = code
        self.message = message
        self.diagnostics = tuple(diagnostics)
        super().__init__(message)

    def as_dict(self) -> dict[str, object]:
        """The fault as plain values.

        Example:
            >>> Fault(Code.NOT_FOUND, "there is no rule set 'tiers'").as_dict()["code"]
            'not_found'
        """
        return {
            "code": self.code.value,
            "message": self.message,
            "diagnostics": [told(diagnostic) for diagnostic in self.diagnostics[:MOST_TOLD]],
        }


def told(diagnostic: Diagnostic | Finding) -> dict[str, object]:
    """A diagnostic as plain values: the same keys for all."""
    if isinstance(diagnostic, Diagnostic):
        return {"place": str(diagnostic.span), **diagnostic.as_dict()}
    nothing = ("code", "hint", "file", "line", "column", "end_line", "end_column")
    return {
        "place": diagnostic.place,
        "severity": "error",
        "message": diagnostic.message,
        **dict.fromkeys(nothing),
    }


def fault_of(error: RuleEngineError) -> Fault:
    """The fault that an error of the engine is to a client.

    Example:
        >>> fault_of(FactError("unknown template 'Ordr'")).code.value
        'wrong_facts'
    """
    match error:
        case RuleSyntaxError() | RuleValidationError():
            large = next((each for each in error.diagnostics if each.code == "RE0003"), None)
            if large is not None:
                hint = f"; {large.hint}" if large.hint else ""
                return Fault(Code.OVER_LIMIT, large.message + hint, error.diagnostics)
            count = sum(each.severity == "error" for each in error.diagnostics)
            message = f"the rules have {count} error{'s' if count != 1 else ''}"
            return Fault(Code.WRONG_RULES, message, error.diagnostics)
        case KeyInUseError():
            return Fault(Code.KEY_IN_USE, str(error))
        case FactError():
            return Fault(Code.WRONG_FACTS, str(error))
        case SecurityError():
            return Fault(Code.OVER_LIMIT, str(error))
        case RuleExecutionError():
            finding = Finding(f"{error.file}:{error.line}", str(error.cause))
            return Fault(Code.FAILED, str(error), [finding])
        case _:
            return Fault(Code.WRONG_REQUEST, str(error))
