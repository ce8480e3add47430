"""The build hook decides well between a compiled and a pure wheel, and leaves no trace."""

import importlib.util
import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import ModuleType
from zipfile import ZipFile

import pytest

import rete_engine
from rete_engine._compiled import compiled

CHECKOUT = Path(__file__).parents[1]
HOOK = CHECKOUT / "hatch_build.py"

in_a_checkout = pytest.mark.skipif(not HOOK.exists(), reason="the build hook is not installed")


def load_hook() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hatch_build", HOOK)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project that builds as this one does."""
    root = tmp_path / "project"
    for package in ("expressions", "network", "runtime"):
        (root / "rete_engine" / package).mkdir(parents=True)
        (root / "rete_engine" / package / "__init__.py").touch()
    (root / "rete_engine/__init__.py").touch()
    (root / "rete_engine/runtime/engine.py").write_text("def one() -> int:\n    return 1\n")
    (root / "grammar").mkdir()
    (root / "grammar/rete.lark").touch()
    (root / "README.md").touch()
    for name in ("LICENSE", "hatch_build.py", "pyproject.toml"):
        shutil.copy(CHECKOUT / name, root)
    return root


def build(project: Path, mode: str) -> "subprocess.CompletedProcess[str]":
    """Build a wheel where the C compiler is one that always fails."""
    return subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel"],
        cwd=project,
        env={**os.environ, "CC": shutil.which("false") or "false", "RETE_ENGINE_COMPILE": mode},
        capture_output=True,
        text=True,
        check=False,
    )


def test_compiled_tells_whether_an_extension_stands_beside_the_core() -> None:
    core = Path(rete_engine.__file__).parent / "runtime"
    extensions = {f"engine{suffix}" for suffix in EXTENSION_SUFFIXES}
    assert compiled() == any(path.name in extensions for path in core.iterdir())


@in_a_checkout
def test_every_core_module_is_compiled_but_no_package_file() -> None:
    modules = load_hook().modules_to_compile(CHECKOUT)
    assert "rete_engine/runtime/engine.py" in modules
    assert not [module for module in modules if module.endswith("__init__.py")]


@in_a_checkout
def test_a_checkout_is_never_compiled() -> None:
    assert not compiled()
    assert not list((CHECKOUT / "rete_engine").rglob("*.so"))


@in_a_checkout
@pytest.mark.parametrize("mode", ["", "yes", "AUTO"])
def test_an_unknown_mode_is_refused(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RETE_ENGINE_COMPILE", mode)
    with pytest.raises(ValueError, match="auto, require or never"):
        load_hook().compile_mode()


@in_a_checkout
@pytest.mark.parametrize(("mode", "notice"), [("auto", True), ("never", False)])
def test_without_a_compiler_the_wheel_is_pure(project: Path, mode: str, notice: bool) -> None:
    ran = build(project, mode)
    assert ran.returncode == 0, ran.stderr
    assert ("building a pure Python wheel" in ran.stderr) is notice
    (wheel,) = (project / "dist").iterdir()
    assert wheel.name.endswith("-py3-none-any.whl")
    names = ZipFile(wheel).namelist()
    assert "rete_engine/runtime/engine.py" in names
    assert "rete_engine/grammar/rete.lark" in names
    assert not [name for name in names if name.endswith((".so", ".pyd"))]


@in_a_checkout
def test_require_fails_without_a_compiler(project: Path) -> None:
    ran = build(project, "require")
    assert ran.returncode != 0
    assert "RETE_ENGINE_COMPILE=require" in ran.stderr
    assert not (project / "dist").exists() or not list((project / "dist").iterdir())
