"""`rete serve` as a process, and what it refuses before it begins."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from typer.testing import CliRunner

from rete_engine.cli.app import app
from tests.services.conftest import OTHER, SHOP, TIERS, TOKEN, bearing

ROOT = Path(__file__).parents[2]


@contextmanager
def serving(folder: Path, *arguments: str, **variables: str) -> Iterator[tuple[Any, str]]:
    """A service as a process of its own; gives the process and the address it tells."""
    environment = {k: v for k, v in os.environ.items() if k != "RETE_TOKEN"}
    with subprocess.Popen(
        [sys.executable, "-m", "rete_engine.cli", "serve", *arguments, "--port", "0"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", **variables},
        text=True,
    ) as process:
        assert process.stderr is not None
        told = process.stderr.readline()
        found = re.search(r"http://\S+", told)
        assert found, told + process.stderr.read()
        try:
            yield process, found[0]
        finally:
            process.kill()


def test_it_serves_the_files_it_is_given(tmp_path: Path) -> None:
    (tmp_path / "shop.rete").write_text(SHOP)
    (tmp_path / "tiers.yaml").write_text(TIERS)
    with serving(tmp_path, "shop.rete", "tiers.yaml") as (process, address):
        with httpx2.Client(base_url=address) as client:
            listed = client.get("/rulesets").json()["rulesets"]
            assert [each["name"] for each in listed] == ["shop", "tiers"]
            asked = {"ruleset_uri": "shop", "facts": [{"id": 1, "total": 250}]}
            assert client.post("/execute", json=asked).json()["rules_executed"] == 1
            # A text without any Content-Type, as `curl --upload-file` sends it.
            assert client.put("/rulesets/new", content=SHOP.encode()).status_code == 201
            path = client.post("/sessions", json={"ruleset_uri": "shop"}).headers["location"]
            with client.stream("GET", f"{path}/events") as stream:
                lines = stream.iter_lines()
                assert next(lines) == ": listening"
                with httpx2.Client(base_url=address) as other:
                    other.post(f"{path}/facts", json={"facts": [{"id": 7, "total": 1}]})
                    read = [next(lines) for _ in range(3)]
                assert read[:2] == ["", "event: insert"]
                assert json.loads(read[2].removeprefix("data: "))["fields"]["id"] == 7
                if os.name == "posix":  # Ctrl-C ends streams too, and nobody waits for them
                    process.send_signal(signal.SIGINT)
                    rest = list(lines)
                    assert rest[-2] == 'data: {"reason":"the service stops"}'
        if os.name == "posix":
            assert process.wait(30) == 130
            assert process.stderr.read() == "stopped\n"


def test_ctrl_c_in_the_last_moment_is_one_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(self: Any, sockets: list[socket.socket]) -> None:
        self.handle_exit(signal.SIGINT, None)  # and the loop ends before anybody raises it
        sockets[0].close()

    monkeypatch.setattr("uvicorn.Server.run", run)
    done = CliRunner().invoke(app, ["serve", "--port", "0"], env={"RETE_TOKEN": ""})
    assert (done.exit_code, done.stderr) == (130, "stopped\n")


def test_it_asks_for_the_token(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text(f"\n{OTHER}\n\n")
    arguments = ("--host", "0.0.0.0", "--token-file", "tokens")
    with serving(tmp_path, *arguments, RETE_TOKEN=TOKEN) as (_, address):
        url = address.replace("0.0.0.0", "127.0.0.1")
        assert httpx2.get(f"{url}/rulesets").status_code == 401
        for token in (TOKEN, OTHER):
            assert httpx2.get(f"{url}/rulesets", headers=bearing(token)).status_code == 200
        assert httpx2.get(f"{url}/health").json()["status"] == "ok"


def test_a_body_without_end(tmp_path: Path) -> None:
    with serving(tmp_path, "--max-body", "100000") as (_, address):
        port = int(address.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
            connection.sendall(
                b"PUT /rulesets/x HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
            )
            sent = 0

            def send() -> None:
                nonlocal sent
                part = b"2710\r\n" + b" " * 10_000 + b"\r\n"
                try:
                    while sent < 200_000_000:
                        connection.sendall(part)
                        sent += 10_000
                except OSError:
                    pass

            sender = threading.Thread(target=send)
            sender.start()
            answer = connection.recv(100_000)
            sender.join(30)
            assert b" 413 " in answer.split(b"\r\n")[0]
            assert sent < 20_000_000  # the connection was closed
        assert httpx2.get(f"{address}/health").status_code == 200


def refused(*arguments: str) -> str:
    """What `rete serve` says when it does not begin."""
    done = CliRunner().invoke(app, ["serve", "--port", "0", *arguments], env={"RETE_TOKEN": ""})
    assert done.exit_code in (1, 2), done.output
    return " ".join(done.stderr.split())


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_it_is_not_opened_to_other_machines_without_a_token(host: str) -> None:
    if host == "::" and not socket.has_ipv6:
        pytest.skip("needs IPv6")
    told = refused("--host", host)
    assert "without a token the service is not opened to other machines" in told or "cannot" in told


def test_what_it_refuses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.rete").write_text(SHOP)
    (tmp_path / "again.rete").write_text(SHOP)
    (tmp_path / "bad.rete").write_text(SHOP.replace("Order(status", "Ordr(status"))
    (tmp_path / "empty").write_text("\n")
    assert "a token has at least 16 characters" in refused("--token", "short")
    assert "it holds no token" in refused("--token-file", "empty")
    assert "none.txt" in refused("--token-file", "none.txt")
    assert "another rule set is called 'shop'" in refused("shop.rete", "again.rete")
    assert "unknown template 'Ordr'" in refused("bad.rete")
    assert "there is no file 'none.rete'" in refused("none.rete")
    assert "cannot be imported" in refused("--functions", "no_such_module_here")
    assert "cannot listen on no-such-host.invalid" in refused("--host", "no-such-host.invalid")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = refused("--port", str(taken.getsockname()[1]))
        assert "cannot listen on 127.0.0.1:" in told
    assert "port" in refused("--port", "99999")


@pytest.mark.parametrize("missing", ["fastapi", "uvicorn"])
def test_without_the_extra(tmp_path: Path, missing: str) -> None:
    # A module of that name that cannot be found, in front of the installed one.
    (tmp_path / f"{missing}.py").write_text(
        f"raise ModuleNotFoundError('gone', name='{missing}')\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "rete_engine.cli", "serve"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "error: rete serve needs: pip install 'rete-engine[api]'\n"
