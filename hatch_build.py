"""Build hook: compile the hot core with mypyc when a wheel is built.

The modules below are ordinary typed Python. A wheel built where there is a C compiler holds them
twice, as extension modules, which Python prefers, and as source, which people and tracebacks
read. A wheel built without one is pure and says so. An editable install is never compiled, so
that no stale binary shadows an edit, and nothing is ever written into the source tree.

The environment variable ``RETE_ENGINE_COMPILE`` decides:

- ``auto`` (the default): compile; if that cannot be done, build a pure wheel with a notice.
- ``require``: compile, or fail the build.
- ``never``: build a pure wheel.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

COMPILED = ("rete_engine/expressions", "rete_engine/network", "rete_engine/runtime")
"""Packages whose modules are compiled, sub-packages not included."""

COMPILED_TOO = (
    # The loops over all lexemes of a text.
    "rete_engine/language/automaton.py",
    "rete_engine/language/layout.py",
    "rete_engine/language/scanner.py",
    # What lies between the engine and a program that opens a session for each request, inserts
    # facts one by one, runs after every change, or has functions that rules call.
    "rete_engine/session/events.py",
    "rete_engine/session/externals.py",
    "rete_engine/session/gate.py",
    "rete_engine/session/run_result.py",
    "rete_engine/session/running.py",
    "rete_engine/session/settings.py",
    "rete_engine/session/translation.py",
)
"""Modules of other packages that are compiled."""

INTERPRETED = (
    "*/__init__.py",
    # Read only while rules are compiled, never while they run.
    "*/expressions/tree.py",
    "*/expressions/resolve.py",
    "*/expressions/inference.py",
    "*/expressions/totality.py",
    "*/expressions/type_rules.py",
    "*/expressions/lowering.py",
    "*/network/picture.py",
    # Says nothing at run time.
    "*/expressions/native.py",
)
"""Modules of those packages that stay interpreted (patterns as of ``fnmatch``)."""

COMPILER_REQUIREMENTS = ("mypy>=2.4,<3", "setuptools>=77")
"""What a build needs beside hatchling in order to compile; mypyc comes with mypy."""

SWITCH = "RETE_ENGINE_COMPILE"

MYPY_OPTIONS = (
    # The build environment holds neither the project's dependencies nor its mypy settings; types
    # are gated elsewhere, here they only decide what code is generated.
    "--config-file=",
    "--ignore-missing-imports",
    "--follow-imports=silent",
)


class CompilationError(Exception):
    """The modules could not be compiled; the message is the reason, with the tool's output."""


class MypycBuildHook(BuildHookInterface[Any]):
    """Puts the compiled modules into a wheel, beside their sources."""

    def dependencies(self) -> list[str]:
        """Name what the isolated build environment needs in order to compile.

        The build backend interface does not tell a hook whether it is asked for a wheel or for an
        editable install, so an editable install's throw-away environment gets them too.
        """
        return [] if compile_mode() == "never" else list(COMPILER_REQUIREMENTS)

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile before the wheel is put together; ``version`` may be ``"editable"``."""
        mode = compile_mode()
        if version == "editable" or mode == "never":
            return
        build_folder = self._open_build_folder()
        try:
            extensions = compile_in(build_folder, Path(self.root))
        except CompilationError as error:
            if mode == "require":
                self.app.abort(f"rete-engine: cannot compile, and {SWITCH}=require: {error}")
            self.app.display_warning(
                f"rete-engine: building a pure Python wheel, which is slower, because the core "
                f"cannot be compiled here: {error}"
            )
            return
        build_data["pure_python"] = False
        build_data["infer_tag"] = True
        build_data["force_include"].update(extensions)
        count = len(modules_to_compile(Path(self.root)))
        self.app.display_info(f"rete-engine: compiled the core, {count} modules")

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Drop the folder once the wheel has been written from it."""
        if self._build_folder is not None:
            self._build_folder.cleanup()

    _build_folder: tempfile.TemporaryDirectory[str] | None = None

    def _open_build_folder(self) -> Path:
        # Kept on the hook: hatchling reads the extensions after ``initialize`` has returned.
        self._build_folder = tempfile.TemporaryDirectory(prefix="rete-engine-build-")
        return Path(self._build_folder.name)


def compile_mode() -> str:
    """Read the switch: ``auto``, ``require`` or ``never``."""
    mode = os.environ.get(SWITCH, "auto")
    if mode not in ("auto", "require", "never"):
        raise ValueError(f"{SWITCH} must be auto, require or never, not {mode!r}")
    return mode


def modules_to_compile(root: Path) -> list[str]:
    """List the modules to compile as paths relative to ``root``, in a fixed order."""
    found = (
        path.relative_to(root).as_posix()
        for folder in COMPILED
        for path in sorted((root / folder).glob("*.py"))
    )
    core = [path for path in found if not any(fnmatch(path, skip) for skip in INTERPRETED)]
    return [*core, *COMPILED_TOO]


def compile_in(folder: Path, root: Path) -> dict[str, str]:
    """Compile a copy of the package in ``folder``; map each extension's file to its wheel path."""
    modules = modules_to_compile(root)
    if not modules:
        raise CompilationError(f"no module found in {', '.join(COMPILED)}")
    for package in sorted({Path(module).parts[0] for module in modules}):
        shutil.copytree(
            root / package,
            folder / package,
            ignore=lambda _folder, names: [name for name in names if not _is_source(_folder, name)],
        )
    # In a process of its own: mypyc ends its process on an error, and its paths, which become
    # those of tracebacks, are relative to the current folder.
    ran = subprocess.run(
        [sys.executable, os.path.abspath(__file__), *modules],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if ran.returncode != 0:
        raise CompilationError(ran.stdout.strip() or f"the compiler ended with {ran.returncode}")
    output = folder / "extensions"
    built = {path.relative_to(output).as_posix() for path in output.rglob("*") if path.is_file()}
    for module in modules:
        stem = module.removesuffix(".py") + "."
        if not any(path.startswith(stem) for path in built):
            raise CompilationError(f"mypyc left no extension for {module}")
    return {str(output / path): path for path in sorted(built)}


def _is_source(folder: str, name: str) -> bool:
    return name.endswith((".py", ".pyi", ".typed")) or os.path.isdir(os.path.join(folder, name))


def _run_mypyc(modules: list[str]) -> None:
    """Compile ``modules`` of the current folder into ``extensions/``; runs in its own process."""
    try:
        # First, for mypyc asks whether it is loaded. It ships no types that mypy accepts.
        import setuptools  # type: ignore[import-untyped]
        from mypyc.build import mypycify
    except ImportError as error:
        sys.exit(str(error))

    def build(extensions: list[setuptools.Extension], into: str) -> None:
        setuptools.setup(
            name="rete-engine-core",
            packages=[],
            py_modules=[],
            ext_modules=extensions,
            script_args=["--quiet", "build_ext", "--build-lib", into, "--build-temp", "objects"],
        )

    # A compiler that is missing, or Python's headers, should be told of in a line, and before
    # mypyc has worked for a minute.
    Path("probe.c").write_text(
        "#include <Python.h>\nPyMODINIT_FUNC PyInit_probe(void) { return NULL; }\n"
    )
    build([setuptools.Extension("probe", ["probe.c"])], into="probe")

    build(
        mypycify(
            [*MYPY_OPTIONS, *modules],
            opt_level="3",
            debug_level="0",
            group_name="rete_engine",
        ),
        into="extensions",
    )


if __name__ == "__main__":
    _run_mypyc(sys.argv[1:])
