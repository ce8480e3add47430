"""The laws of `docs/ARCHITECTURE.md` that imports and names can break."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

import rete_engine

PACKAGE = Path(rete_engine.__file__).parent

CORE = frozenset(["diagnostics", "expressions"])
#: What each room may import, besides itself. Nobody imports the edges.
MAY_IMPORT: dict[str, frozenset[str]] = {
    "diagnostics": frozenset(),
    "expressions": frozenset(["diagnostics"]),
    "model": CORE,
    "language": CORE | {"model"},
    "network": CORE,
    "compiler": CORE | {"model", "network"},
    "runtime": CORE | {"network"},
    "explain": CORE | {"model", "network", "compiler", "runtime"},
    "cache": CORE | {"network"},
    "session": CORE | {"model", "language", "network", "compiler", "runtime", "explain", "cache"},
    "store": CORE | {"language", "session"},
    "jsr94": CORE | {"language", "session"},
    "services": CORE | {"language", "session", "store"},
    "integrations": CORE | {"session"},
    "cli": CORE | {"language", "session", "store", "services"},
}

EDGES = ("cli", "integrations", "jsr94", "services", "store")

#: The packages that are not Python's own, and the rooms that may import them.
OUTSIDE: dict[str, frozenset[str]] = {
    "lark": frozenset(["language"]),
    "pydantic_core": frozenset(["expressions"]),  # its regex engine; see LATE
    # Where it is imported late itself.
    "pydantic": frozenset(["integrations", "language", "services"]),
    "fastapi": frozenset(["services"]),
    "mcp": frozenset(["services"]),
    "starlette": frozenset(["services"]),
    "uvicorn": frozenset(["cli"]),
    "mypy_extensions": frozenset(["expressions"]),  # for the compiler alone; see LATE
    "yaml": frozenset(["language", "store"]),
    "narwhals": frozenset(["session"]),
    "pyarrow": frozenset(["store"]),
    "langchain_core": frozenset(["integrations"]),  # in guarded_tools.py, itself imported late
    "langgraph": frozenset(["integrations"]),
    "rich": frozenset(["cli"]),
    "typer": frozenset(["cli"]),
}

#: What is imported where it is used only, so that who does not use it does not wait for it.
LATE = frozenset(["lark", "mypy_extensions", "narwhals", "pydantic_core", "pyarrow", "uvicorn"])

#: Names with which text could become code, or data could become objects.
FORBIDDEN_NAMES = frozenset(["eval", "exec", "compile", "__import__"])
FORBIDDEN_MODULES = frozenset(["pickle", "marshal", "shelve", "dill", "cloudpickle", "code"])

PUBLIC = [
    "Accumulator",
    "CurrentFiring",
    "Diagnostic",
    "Fact",
    "FactError",
    "Firing",
    "KeyInUseError",
    "Limits",
    "LiveQuery",
    "Loop",
    "Match",
    "PastFact",
    "PythonRule",
    "RuleEngineError",
    "RuleExecutionError",
    "RuleMatches",
    "RuleSet",
    "RuleSyntaxError",
    "RuleValidationError",
    "RunResult",
    "SecurityError",
    "Session",
    "SessionError",
    "Template",
    "Waiting",
    "Why",
    "WhyNot",
    "__version__",
    "compiled",
    "rule",
    "safe_eval",
    "validate_expression",
]


@dataclass(frozen=True)
class Import:
    """An import statement: what it names, and where it stands."""

    module: str  # absolute: "rete_engine.network.nodes", "lark"
    file: str
    line: int
    is_late: bool  # inside of a function, or for type checkers only

    @property
    def package(self) -> str:
        """The outermost package."""
        return self.module.partition(".")[0]

    @property
    def room(self) -> str:
        """The room of this package that is imported; empty for the package itself."""
        return self.module.split(".")[1] if "." in self.module else ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line} imports {self.module}"


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the package, with its room ("" for those beside the rooms)."""
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).parts
        yield (parts[0] if len(parts) > 1 else ""), path


def imports(path: Path) -> Iterator[Import]:
    """The imports of a module, those for type checkers too."""
    name = path.relative_to(PACKAGE.parent).as_posix()

    def walk(node: ast.AST, is_late: bool) -> Iterator[Import]:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(alias.name, name, node.lineno, is_late)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name}:{node.lineno}: imports are absolute here"
            assert node.module is not None
            if node.module == "rete_engine":
                for alias in node.names:
                    is_room = (PACKAGE / alias.name).is_dir()
                    module = f"rete_engine.{alias.name}" if is_room else "rete_engine"
                    yield Import(module, name, node.lineno, is_late)
            else:
                yield Import(node.module, name, node.lineno, is_late)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            first = node.args[0] if node.args else None
            if node.func.attr == "import_module" and isinstance(first, ast.Constant):
                yield Import(str(first.value), name, node.lineno, is_late)
        late = is_late or isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name):
            late = late or node.test.id == "TYPE_CHECKING"
        for child in ast.iter_child_nodes(node):
            yield from walk(child, late)

    yield from walk(ast.parse(path.read_text("utf-8")), False)


@cache
def all_imports() -> tuple[tuple[str, Import], ...]:
    """Every import of the package, with the room that it stands in."""
    return tuple((room, each) for room, path in modules() for each in imports(path))


def test_every_room_has_a_place_in_the_order() -> None:
    rooms = {room for room, _ in modules() if room}
    assert rooms == set(MAY_IMPORT)


@pytest.mark.parametrize("room", MAY_IMPORT)
def test_imports_run_one_way(room: str) -> None:
    allowed = MAY_IMPORT[room] | {room}
    # The edges use the package as any program does. What it says of itself, all may know, and
    # how it makes dataclasses.
    allowed |= {"_compiled", "_frozen", "_version"} | ({""} if room in EDGES else set())
    wrong = [
        str(each)
        for where, each in all_imports()
        if where == room and each.package == "rete_engine" and each.room not in allowed
    ]
    assert wrong == []


def test_the_front_of_the_package_imports_no_edge() -> None:
    wrong = [
        str(each)
        for room, each in all_imports()
        if not room and each.package == "rete_engine" and each.room in EDGES
    ]
    assert wrong == []


def test_the_order_has_no_cycle() -> None:
    done: set[str] = set()
    while len(done) < len(MAY_IMPORT):
        ready = [room for room in MAY_IMPORT if room not in done and MAY_IMPORT[room] <= done]
        assert ready, f"a cycle among {sorted(set(MAY_IMPORT) - done)}"
        done.update(ready)


def test_other_packages_are_imported_in_their_rooms_only() -> None:
    wrong = [
        str(each)
        for room, each in all_imports()
        if each.package in OUTSIDE and room not in OUTSIDE[each.package]
    ]
    assert wrong == []


def test_no_unknown_package_is_imported() -> None:
    known = {*sys.stdlib_module_names, *OUTSIDE, "rete_engine"}
    assert [str(each) for _, each in all_imports() if each.package not in known] == []


def test_heavy_packages_are_imported_where_they_are_used() -> None:
    wrong = [str(each) for _, each in all_imports() if each.package in LATE and not each.is_late]
    assert wrong == []


def test_nothing_turns_text_into_code() -> None:
    wrong = [str(each) for _, each in all_imports() if each.package in FORBIDDEN_MODULES]
    for _, path in modules():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Name) and node.id in FORBIDDEN_NAMES:
                wrong.append(f"{path}:{node.lineno}: {node.id}")
            if isinstance(node, ast.Attribute) and node.attr in FORBIDDEN_NAMES:
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                if owner in ("builtins", "__builtins__"):
                    wrong.append(f"{path}:{node.lineno}: {owner}.{node.attr}")
    assert wrong == []


def test_the_public_names_are_these() -> None:
    assert rete_engine.__all__ == PUBLIC
    assert [name for name in PUBLIC if not hasattr(rete_engine, name)] == []
