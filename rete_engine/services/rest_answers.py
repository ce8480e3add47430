"""How the REST service answers: JSON, and one shape for all that is wrong."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from rete_engine.services.faults import Code, Fault, Finding
from rete_engine.services.given import words_of

STATUSES = {
    Code.WRONG_REQUEST: 400,
    Code.WRONG_RULES: 400,
    Code.WRONG_FACTS: 400,
    Code.UNAUTHORIZED: 401,
    Code.FORBIDDEN: 403,
    Code.NOT_FOUND: 404,
    Code.KEY_IN_USE: 409,
    Code.BUSY: 409,
    Code.OVER_LIMIT: 413,
    Code.FAILED: 422,
    Code.INTERNAL: 500,
    Code.OVERLOADED: 503,
}

_logger = logging.getLogger("rete_engine.services")


class Json(Response):
    """An answer in JSON. It is ASCII: a text may hold half of a character that needs two."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The text of plain values."""
        return as_text(content).encode("ascii")


def as_text(content: object) -> str:
    """Plain values as JSON."""
    return json.dumps(content, allow_nan=False, separators=(",", ":"))


class Refusal(HTTPException):
    """A fault found while a request is read, or one with a status of its own."""

    def __init__(self, status: int, fault: Fault, headers: Mapping[str, str] | None = None) -> None:
        self.fault = fault
        super().__init__(status, fault.message, dict(headers or {}))


def answer(fault: Fault, status: int | None = None, headers: Mapping[str, str] = {}) -> Json:
    """The answer that tells a fault."""
    more = {"WWW-Authenticate": "Bearer"} if fault.code is Code.UNAUTHORIZED else {}
    if fault.code is Code.OVERLOADED:
        more["Retry-After"] = "1"
    return Json({**fault.as_dict()}, status or STATUSES[fault.code], headers={**more, **headers})


def add_handlers(app: FastAPI) -> None:
    """Let an app tell all that goes wrong in one shape."""
    app.add_exception_handler(Fault, _fault)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(Exception, _unforeseen)


async def _fault(request: Request, error: Exception) -> Json:
    assert isinstance(error, Fault)
    return answer(error)


async def _http(request: Request, error: Exception) -> Json:
    assert isinstance(error, HTTPException)
    headers = error.headers or {}
    if isinstance(error, Refusal):
        return answer(error.fault, error.status_code, headers)
    if error.status_code == 405:
        headers = {**headers, "Allow": ", ".join(_methods(request))}
    code = Code.NOT_FOUND if error.status_code == 404 else Code.WRONG_REQUEST
    words = {
        404: f"there is nothing at {request.url.path[:200]} (see /docs)",
        405: f"{request.method} is not possible at {request.url.path[:200]}",
    }
    message = words.get(error.status_code, str(error.detail))
    return answer(Fault(code, message), error.status_code, headers)


def _methods(request: Request) -> list[str]:
    """The methods that are possible at the path of a request."""
    asked = request.url.path.split("/")
    found: list[str] = []
    for template, operations in request.app.openapi()["paths"].items():
        parts = template.split("/")
        if len(parts) == len(asked) and all(
            part == given or part.startswith("{") for part, given in zip(parts, asked, strict=True)
        ):
            found += [method.upper() for method in operations]
    return sorted(set(found))


async def _invalid(request: Request, error: Exception) -> Json:
    assert isinstance(error, RequestValidationError)
    if not isinstance(error.body, bytes) or not error.body:
        findings = [Finding(_place(each["loc"]), words_of(each)) for each in error.errors()]
    else:  # it was not read, for it was not called JSON
        given = request.headers.get("content-type", "none")[:100]
        raise_ = Fault(
            Code.WRONG_REQUEST,
            f"the body must be JSON (Content-Type: application/json, not {given})",
        )
        return answer(raise_, 415)
    listed = "; ".join(f"{finding.place}: {finding.message}" for finding in findings[:5])
    more = f" (and {len(findings) - 5} more)" if len(findings) > 5 else ""
    return answer(Fault(Code.WRONG_REQUEST, listed + more, findings[:100]), 422)


def _place(location: tuple[int | str, ...]) -> str:
    """A place in a request: `body.facts[2]`."""
    text = ""
    for part in location:
        text += f"[{part}]" if isinstance(part, int) else f".{part[:100]}"
    return text.removeprefix(".")


async def _unforeseen(request: Request, error: Exception) -> Json:
    _logger.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return answer(Fault(Code.INTERNAL, "the service failed; its log says more"))
