"""What a program waits for: names are imported when they are first asked for, and not before."""

from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import rete_engine

#: What takes longest to import, of the packages that the engine or its command line use.
HEAVY = frozenset(["lark", "pydantic", "pydantic_core", "rich", "typer", "yaml"])


def modules_after(program: str) -> set[str]:
    """The modules that a fresh interpreter has imported after a program."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{program}\nimport sys\nprint('\\n'.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
        cwd=Path(rete_engine.__file__).parents[1],
    )
    return set(ran.stdout.split("\n"))


def test_the_package_alone_imports_next_to_nothing() -> None:
    # Some environments import this and that at every start, before any program.
    added = modules_after("import rete_engine") - modules_after("")
    own = {name for name in added if name.startswith("rete_engine")}
    assert own == {"rete_engine", "rete_engine._version"}
    assert not added & HEAVY
    assert not added & {"typing", "dataclasses", "inspect", "logging", "re"}


def test_no_public_name_brings_in_a_heavy_package() -> None:
    added = modules_after("from rete_engine import *") - modules_after("")
    assert "rete_engine.session.ruleset" in added
    assert not added & HEAVY


def test_rule_text_needs_neither_pydantic_nor_yaml() -> None:
    added = modules_after("from rete_engine import RuleSet; RuleSet.parse('')") - modules_after("")
    assert added & HEAVY == {"lark"}


def test_the_version_is_told_without_the_command_line() -> None:
    program = (
        "import sys\nsys.argv = ['rete', '--version']\nfrom rete_engine.cli import main\nmain()"
    )
    assert not (modules_after(program) - modules_after("")) & HEAVY


def test_help_is_told_without_the_engine() -> None:
    added = modules_after("from rete_engine.cli.app import app") - modules_after("")
    assert "typer" in added
    assert not added & (HEAVY - {"typer"})
    assert not [name for name in added if name.startswith("rete_engine.session")]


def test_type_checkers_are_told_where_names_really_are() -> None:
    source = Path(rete_engine.__file__).read_text("utf-8")
    (guarded,) = (node for node in ast.parse(source).body if isinstance(node, ast.If))
    told = {
        alias.name: node.module
        for node in guarded.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert sorted([*told, "__version__"]) == rete_engine.__all__
    for name, module in told.items():
        assert module is not None
        assert getattr(rete_engine, name) is getattr(import_module(module), name)


def test_all_public_names_are_listed_and_no_others_are_there() -> None:
    assert set(rete_engine.__all__) <= set(dir(rete_engine))
    with pytest.raises(AttributeError, match="module 'rete_engine' has no attribute 'Rules'"):
        getattr(rete_engine, "Rules")  # noqa: B009
    with pytest.raises(ImportError, match="cannot import name 'Rules'"):
        from rete_engine import Rules  # noqa: F401
