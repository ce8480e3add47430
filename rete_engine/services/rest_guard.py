"""What stands before the REST service: who may ask, how much at once, and how large bodies are."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rete_engine.services.faults import Code, Fault
from rete_engine.services.rest_answers import Refusal, answer

#: What can be asked without a token: that the service is there, and its description.
OPEN = frozenset(["/health", "/openapi.json", "/docs"])

#: The names of this machine for itself. Without a token, requests to other names are refused: a
#: page in a browser can let a name of its own mean this machine.
LOCAL_NAMES = frozenset(["localhost", "127.0.0.1", "[::1]", "::1"])

#: The shortest token, in characters.
SHORTEST_TOKEN = 16


@dataclass(frozen=True)
class Door:
    """How requests come in.

    Attributes:
        tokens: Those that are let in; without any, everybody from this machine is.
        body: Bytes of a body.
        body_time: Seconds that a body may take to arrive.
        requests: How many may be under way.
    """

    tokens: Sequence[str] = ()
    body: int = 4 * 1024 * 1024
    body_time: float = 30.0
    requests: int = 200


class Guard:
    """Lets requests in, or not. What is read of a body is counted, whatever its length is said."""

    def __init__(self, app: ASGIApp, door: Door) -> None:
        self.app = app
        self._door = door
        self._digests = [_digest(token) for token in door.tokens]
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        try:
            scope.setdefault("state", {})["owner"] = self._owner(scope["path"], headers)
            self._check_length(headers)
            if self._under_way >= self._door.requests:
                raise Fault(Code.OVERLOADED, "too many requests are under way; try again later")
        except Fault as fault:
            await answer(fault, headers={"Connection": "close"})(scope, receive, send)
            return
        self._under_way += 1
        try:
            await self.app(scope, _Body(receive, self._door).receive, send)
        finally:
            self._under_way -= 1

    def _owner(self, path: str, headers: dict[bytes, bytes]) -> str:
        """Who asks.

        Raises:
            Fault: Nobody who is let in.
        """
        if not self._digests:
            name = headers.get(b"host", b"").decode("latin-1").lower()
            host = name.rpartition(":")[0] if name.rpartition(":")[2].isdigit() else name
            if host not in LOCAL_NAMES:
                raise Fault(Code.FORBIDDEN, "without a token the service answers only as localhost")
            return ""
        if path in OPEN:
            return ""
        scheme, _, token = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
        given = _digest(token.strip()) if scheme.lower() == "bearer" else b""
        found = b""
        for digest in self._digests:  # all of them, so that time tells nothing
            if hmac.compare_digest(digest, given):
                found = digest
        if not found:
            what = "the token is wrong" if given else "a token is needed: Authorization: Bearer …"
            raise Fault(Code.UNAUTHORIZED, what)
        return found.hex()

    def _check_length(self, headers: dict[bytes, bytes]) -> None:
        said = headers.get(b"content-length", b"")
        if said.isdigit() and (len(said) > 15 or int(said) > self._door.body):
            raise _too_large(self._door.body)


class _Body:
    """Reads the body of one request."""

    def __init__(self, receive: Receive, door: Door) -> None:
        self._receive = receive
        self._left = door.body
        self._door = door
        self._ends = asyncio.get_running_loop().time() + door.body_time
        self._is_complete = False

    async def receive(self) -> Message:
        """The next part.

        Raises:
            Refusal: The body is too large or too slow.
        """
        if self._is_complete:
            return await self._receive()  # waits for the client to leave
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError:
            seconds = self._door.body_time
            fault = Fault(Code.WRONG_REQUEST, f"the body took more than {seconds:g} s to arrive")
            raise Refusal(408, fault, {"Connection": "close"}) from None
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise Refusal(413, _too_large(self._door.body), {"Connection": "close"})
        self._is_complete = not message.get("more_body", False)
        return message


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def _too_large(limit: int) -> Fault:
    return Fault(Code.OVER_LIMIT, f"the body has more than {limit:,} bytes")


def check_token(token: str) -> None:
    """Refuse a token that is none.

    Raises:
        ValueError: It is too short, or holds what cannot be sent.
    """
    if len(token) < SHORTEST_TOKEN:
        raise ValueError(f"a token has at least {SHORTEST_TOKEN} characters")
    if not all("!" <= character <= "~" for character in token):
        raise ValueError("a token is made of visible ASCII characters, without spaces")
