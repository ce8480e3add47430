"""The audit of a lock file, against an independent count."""

from __future__ import annotations

import re
import tomllib
from collections import deque
from itertools import pairwise
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from rete_engine.cli.app import app
from tests.examples.running import ROOT, run

Node = tuple[int, str]  # index of a package in the file, and one of its extras or ""
SCOPES = {"runtime": "runtime", "optional": "extra ", "development": "group "}


class Lock:
    """A lock file as a graph; written against the file format, not against the rules."""

    def __init__(self, path: Path) -> None:
        self.packages: list[dict[str, Any]] = tomllib.loads(path.read_text())["package"]
        self.local = [
            any(kind in package["source"] for kind in ("editable", "virtual", "directory"))
            for package in self.packages
        ]
        self.edges: dict[Node, list[Node]] = {}
        self.roots: dict[
            tuple[str, str], list[Node]
        ] = {}  # (use, scope and name) -> where it leads
        for index, package in enumerate(self.packages):
            parts = [("runtime", "", package.get("dependencies", []))]
            for extra, wanted in package.get("optional-dependencies", {}).items():
                parts.append(("optional", extra, wanted))
            for group, wanted in package.get("dev-dependencies", {}).items():
                parts.append(("development", f"group {group}", wanted))
            for use, part, wanted in parts:
                for requirement in wanted:
                    nodes = self.nodes(requirement)
                    self.edges.setdefault((index, part), []).extend(nodes)
                    if self.local[index]:
                        scope = {"optional": f"extra {part}", "runtime": "runtime"}.get(use, part)
                        name = f"{scope} {requirement['name']}"
                        self.roots.setdefault((use, name), []).extend(nodes)

    def nodes(self, requirement: dict[str, Any]) -> list[Node]:
        [index] = [
            index
            for index, package in enumerate(self.packages)
            if package["name"] == requirement["name"]
            and requirement.get("version", package.get("version")) == package.get("version")
        ]
        return [(index, extra) for extra in ("", *requirement.get("extra", []))]

    def distances(self, start: list[Node]) -> dict[int, int]:
        """How many packages lie on the shortest way to each package."""
        seen = dict.fromkeys(start, 1)
        queue = deque(start)
        while queue:
            node = queue.popleft()
            for following in self.edges.get(node, []):
                if following not in seen:
                    seen[following] = seen[node] + 1
                    queue.append(following)
        found: dict[int, int] = {}
        for (index, extra), distance in seen.items():
            if extra == "":
                found[index] = distance
        return found

    def ways(self) -> dict[int, tuple[str, int]]:
        """The weightiest use of each package that is reached, and the length of the way."""
        best: dict[int, tuple[int, int]] = {}
        for (use, _), start in self.roots.items():
            for index, distance in self.distances(start).items():
                way = (list(SCOPES).index(use), distance)
                best[index] = min(best.get(index, way), way)
        return {i: (list(SCOPES)[use], length) for i, (use, length) in best.items()}

    def named(self, index: int) -> str:
        return f"{self.packages[index]['name']} {self.packages[index].get('version', '')}"

    def is_edge(self, name: str, needs: str) -> bool:
        return any(
            self.packages[i]["name"] == name and self.packages[j]["name"] == needs
            for (i, _), nodes in self.edges.items()
            for j, _ in nodes
        )


def section(printed: list[str], title: str) -> list[str]:
    [line] = [line for line in printed if line.startswith(f"{title}: ")]
    items = line.removeprefix(f"{title}: ")
    return [] if items == "none" else items.split(", ")


def check(path: Path) -> tuple[list[dict[str, Any]], list[str]]:
    lock = Lock(path)
    outputs, printed = run("lockfile/audit.rete", f"Package={path}:package")
    ways = {i: way for i, way in lock.ways().items() if not lock.local[i]}
    rows = [row for row in outputs if "through" in row]

    # every package, its use, and a shortest way that is really there
    assert [row["package"] for row in rows] == sorted(lock.packages[i]["name"] for i in ways)
    expected = {lock.named(i): way for i, way in ways.items()}
    for row in rows:
        use, length = expected.pop(f"{row['package']} {row['version']}")
        steps = row["through"].split(" → ")
        assert (row["needed"], len(steps)) == (use, length)
        assert steps[-1] == row["package"]
        assert any(
            root_use == use and name.split()[-1] == steps[0] for root_use, name in lock.roots
        )
        assert all(lock.is_edge(*step) for step in pairwise(steps))
    assert not expected

    # what each dependency of the project brings
    lines = {}
    for line in printed[1 : printed.index(next(p for p in printed if p.startswith("Everybody")))]:
        found = re.fullmatch(r"  (runtime|(?:extra|group) \S+) +(\S+) +(.*)", line)
        assert found
        brings = [] if found[3] == "(nothing else)" else found[3].split(", ")
        lines[f"{found[1]} {found[2]}"] = brings
    assert lines == {
        name: sorted(lock.packages[i]["name"] for i in lock.distances(start) if i != start[0][0])
        for (_, name), start in lock.roots.items()
    }

    # who needs what
    for title, use in (
        ("Everybody who installs the project gets", "runtime"),
        ("Only the extras need", "optional"),
        ("Only development needs", "development"),
    ):
        names = sorted(lock.packages[i]["name"] for i, way in ways.items() if way[0] == use)
        assert section(printed, title) == names

    # faults
    names = [package["name"] for package in lock.packages]
    far = [i for i, local in enumerate(lock.local) if not local]
    twice = sorted(lock.named(i) for i in range(len(names)) if names.count(names[i]) > 1)
    assert section(printed, "Locked at more than one version") == twice
    unhashed = sorted(lock.named(i) for i in far if not all_hashed(lock.packages[i]))
    assert section(printed, "Without a hash") == unhashed
    orphans = sorted(lock.named(i) for i in far if i not in ways)
    assert section(printed, "Needed by nobody") == orphans
    return outputs, printed


def all_hashed(package: dict[str, Any]) -> bool:
    files = [*package.get("wheels", []), *([package["sdist"]] if "sdist" in package else [])]
    return bool(files) and all(file.get("hash") for file in files)


def test_the_lock_file_of_this_project() -> None:
    outputs, printed = check(ROOT / "uv.lock")
    runtime = section(printed, "Everybody who installs the project gets")
    assert {"lark", "pydantic", "pydantic-core", "pyyaml"} <= set(runtime)
    assert "pytest" in section(printed, "Only development needs")
    assert {row["through"] for row in outputs if row.get("package") == "pydantic-core"} == {
        "pydantic → pydantic-core"
    }


TROUBLED = """
version = 1

[[package]]
name = "house"
source = { editable = "." }
dependencies = [{ name = "web", extra = ["fast"] }, { name = "old", version = "1.0" }]
[package.optional-dependencies]
all = [{ name = "house", extra = ["nice"] }, { name = "web" }]
nice = [{ name = "paint" }]
[package.dev-dependencies]
test = [{ name = "check" }, { name = "house", extra = ["nice"] }]
docs = [{ name = "paint" }]

[[package]]
name = "web"
version = "3.0"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "net" }]
wheels = [{ url = "https://x/web.whl", hash = "sha256:00" }]
[package.optional-dependencies]
fast = [{ name = "speed" }]
slow = [{ name = "sleep" }]

[[package]]
name = "net"
version = "0.1"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "web" }, { name = "bits" }]
sdist = { url = "https://x/net.tar.gz", hash = "sha256:00" }
wheels = [{ url = "https://x/net.whl" }]

[[package]]
name = "bits"
version = "0.1"
source = { git = "https://x/bits?rev=1#2" }

[[package]]
name = "speed"
version = "9"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "old", version = "2.0" }, { name = "bits" }]
sdist = { url = "https://x/speed.tar.gz", hash = "sha256:00" }

[[package]]
name = "old"
version = "1.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://x/old.tar.gz", hash = "sha256:00" }

[[package]]
name = "old"
version = "2.0"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://x/old.tar.gz", hash = "sha256:01" }

[[package]]
name = "paint"
version = "1"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://x/paint.tar.gz", hash = "" }

[[package]]
name = "check"
version = "1"
source = { registry = "https://pypi.org/simple" }
dependencies = [{ name = "bits", marker = "sys_platform == 'win32'" }, { name = "glue" }]
sdist = { url = "https://x/check.tar.gz", hash = "sha256:00" }

[[package]]
name = "glue"
version = "1"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://x/glue.tar.gz", hash = "sha256:00" }

[[package]]
name = "sleep"
version = "1"
source = { registry = "https://pypi.org/simple" }
sdist = { url = "https://x/sleep.tar.gz", hash = "sha256:00" }
"""


def test_a_lock_file_with_every_trouble(tmp_path: Path) -> None:
    path = tmp_path / "uv.lock"
    path.write_text(TROUBLED)
    outputs, printed = check(path)
    assert printed == [
        "What the project asks for, and what that brings along:",
        "  runtime        old                (nothing else)",
        "  runtime        web                bits, net, old, speed",
        "  extra all      house              bits, net, old, old, paint, speed, web",
        "  extra all      web                bits, net",
        "  extra nice     paint              (nothing else)",
        "  group docs     paint              (nothing else)",
        "  group test     check              bits, glue",
        "  group test     house              bits, net, old, old, paint, speed, web",
        "Everybody who installs the project gets: bits, net, old, old, speed, web",
        "Only the extras need: paint",
        "Only development needs: check, glue",
        "Locked at more than one version: old 1.0, old 2.0",
        "Without a hash: bits 0.1, net 0.1, paint 1",
        "Needed by nobody: sleep 1",
    ]
    assert [row for row in outputs if "finding" in row and row["package"] == "sleep"] == [
        {"finding": "needed by nobody", "package": "sleep", "version": "1"}
    ]
    ways = {(row["package"], row["version"]): row["through"] for row in outputs if "through" in row}
    assert ways["old", "2.0"] == "web → speed → old"
    assert ways["old", "1.0"] == "old"


def test_an_empty_lock_file(tmp_path: Path) -> None:
    path = tmp_path / "uv.lock"
    path.write_text('[[package]]\nname = "house"\nsource = { virtual = "." }\n')
    outputs, printed = check(path)
    assert outputs == []
    assert len(printed) == 7


def test_the_command_of_the_readme() -> None:
    rules = ROOT / "examples/lockfile/audit.rete"
    done = CliRunner().invoke(
        app, ["run", str(rules), "--facts", f"Package={ROOT}/uv.lock:package"]
    )
    assert done.exit_code == 0
    assert done.stderr == ""
    assert "Only development needs: " in done.stdout
