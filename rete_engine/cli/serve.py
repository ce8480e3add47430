"""`rete serve`: the REST service, from files of rules."""

from __future__ import annotations

import ipaddress
import signal
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

from rete_engine.cli.codes import ExitCode
from rete_engine.cli.faults import Stop, WrongInput
from rete_engine.cli.functions import functions_of
from rete_engine.cli.screen import Screen
from rete_engine.services.catalog import Catalog
from rete_engine.services.faults import Fault

if TYPE_CHECKING:
    from rete_engine.services.rest_shared import Service

#: Seconds that requests get to end when the service is told to stop.
_GRACE = 5


@dataclass(frozen=True, slots=True)
class ServeOptions:
    """The options of `rete serve`, as given."""

    files: Sequence[str]
    host: str
    port: int
    tokens: Sequence[str]
    token_file: str | None
    functions: str | None
    read_only: bool
    timeout: float  # seconds
    max_body: int  # bytes
    max_text: int  # characters
    max_parts: int
    max_facts: int
    max_rulesets: int
    max_sessions: int
    idle: float  # seconds


def serve(options: ServeOptions, screen: Screen) -> None:
    """Serve until the process is told to stop.

    Raises:
        WrongInput: A token, a module or the address cannot be used.
        RuleEngineError: The rules are wrong.
        Stop: It was interrupted.
    """
    try:
        import uvicorn

        from rete_engine.services.rest import create_app
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] not in ("fastapi", "starlette", "uvicorn"):
            raise
        raise WrongInput("rete serve needs: pip install 'rete-engine[api]'") from error
    service = _service(options, screen)
    listening = _listening(options.host, options.port)
    _check_reach(listening, service)
    address = _address(listening)
    interrupted = False

    class Server(uvicorn.Server):
        """Says where it listens, and lets listeners go when it is told to stop."""

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            count = len(service.catalog.entries())
            sets = f"{count} rule set{'' if count == 1 else 's'}"
            screen.error_line(f"rete serves {sets} on {address} (described at {address}/docs)")

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            nonlocal interrupted
            interrupted = interrupted or sig == signal.SIGINT
            service.sessions.hang_up_soon()
            super().handle_exit(sig, frame)

    config = uvicorn.Config(
        create_app(service),
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE,
        ws="none",
    )
    try:
        Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        interrupted = True
    if interrupted:  # the server raises it again when it is done, but not if the loop is too
        screen.error_line("stopped")
        raise Stop(ExitCode.INTERRUPTED)


def _service(options: ServeOptions, screen: Screen) -> Service:
    """What the service works with.

    Raises:
        WrongInput: A token or a module cannot be used, or rule sets have one name.
        RuleEngineError: The rules are wrong.
    """
    from rete_engine.services.execution import Bounds
    from rete_engine.services.rest_guard import Door
    from rete_engine.services.rest_shared import Service

    functions = {} if options.functions is None else functions_of(options.functions)
    catalog = Catalog(
        functions,
        most=options.max_rulesets,
        text=options.max_text,
        parts=options.max_parts,
        read_only=options.read_only,
    )
    if options.files:
        try:
            catalog.load(options.files)
        except Fault as fault:
            raise WrongInput(fault.message) from fault
        for entry in catalog.entries():
            for warning in entry.rules.diagnostics:
                screen.diagnostic(warning)
    return Service(
        catalog,
        Bounds(facts=options.max_facts, run_time=options.timeout),
        Door(tokens=_tokens(options), body=options.max_body),
        most_sessions=options.max_sessions,
        idle=options.idle,
    )


def _tokens(options: ServeOptions) -> list[str]:
    """The tokens: those of the options, and one in each line of the file.

    Raises:
        WrongInput: One cannot be a token, or the file has none.
    """
    from rete_engine.services.rest_guard import check_token

    tokens = list(options.tokens)
    if options.token_file is not None:
        lines = Path(options.token_file).read_text("utf-8").splitlines()
        found = [line.strip() for line in lines if line.strip()]
        if not found:
            raise WrongInput(f"--token-file {options.token_file}: it holds no token")
        tokens += found
    for token in tokens:
        try:
            check_token(token)
        except ValueError as error:
            raise WrongInput(str(error)) from None
    return tokens


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens.

    Raises:
        WrongInput: The address is none, or is in use.
    """
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listening = socket.socket(family, kind, protocol)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind(address)
        except BaseException:
            listening.close()
            raise
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WrongInput(f"cannot listen on {host}:{port}: {reason}") from error
    return listening


def _check_reach(listening: socket.socket, service: Service) -> None:
    """Refuse to be reached from elsewhere by everybody.

    Raises:
        WrongInput: The service would listen beyond this machine without a token.
    """
    host = listening.getsockname()[0]
    if service.door.tokens or ipaddress.ip_address(host.partition("%")[0]).is_loopback:
        return
    listening.close()
    raise WrongInput(
        f"without a token the service is not opened to other machines (--host {host}):"
        " set RETE_TOKEN or give --token-file, or listen on 127.0.0.1"
    )


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
