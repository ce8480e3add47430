"""The functions that a program lends to the rules: `--functions MODULE`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

from rete_engine import RuleSet
from rete_engine.cli.faults import WrongInput
from rete_engine.diagnostics.diagnostic import did_you_mean


def functions_of(name: str) -> dict[str, Callable[..., object]]:
    """The public callables of a module.

    Those of its `__all__` where it has one; else all functions and other callables whose names
    do not begin with `_`, but no classes.

    Args:
        name: A dotted module name, looked up from the current folder too, or a path to a `.py`.

    Raises:
        WrongInput: It cannot be imported.
    """
    module = _imported(name)
    listed = getattr(module, "__all__", None)
    names = [n for n in vars(module) if not n.startswith("_")] if listed is None else listed
    offered = {n: getattr(module, n, None) for n in names}
    return {
        n: value
        for n, value in offered.items()
        if callable(value) and (listed is not None or not isinstance(value, type))
    }


def check_provided(
    rules: RuleSet, given: Mapping[str, Callable[..., object]], module: str | None
) -> None:
    """Tell of an external function of the rules that no module gives.

    Raises:
        WrongInput: There is one.
    """
    for name in rules.external_functions:
        if name in given:
            continue
        if module is None:
            cause = "give a module that has it by --functions MODULE"
        else:
            cause = f"--functions {module} has none; {did_you_mean(name, given) or 'define it'}"
        raise WrongInput(f"the external function '{name}' is not provided; {cause}")


def _imported(name: str) -> ModuleType:
    try:
        if name.endswith(".py"):
            return _from_path(Path(name))
        # An installed script does not see the current folder, `python -m` does.
        sys.path.insert(0, "")
        try:
            return importlib.import_module(name)
        finally:
            sys.path.remove("")
    except SyntaxError as error:
        place = f"{error.filename}:{error.lineno}"
        raise WrongInput(f"--functions {name}: {place}: {error.msg}") from error
    except Exception as error:
        cause = f"{type(error).__name__}: {error}"
        raise WrongInput(f"--functions {name} cannot be imported: {cause}") from error


def _from_path(path: Path) -> ModuleType:
    if not path.is_file():
        raise FileNotFoundError("no such file")
    spec = importlib.util.spec_from_file_location(path.stem, path)
    if spec is None or spec.loader is None:
        raise ImportError("not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # dataclasses look their module up while it is executed
    # The file may import its neighbours, as a script may.
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path.remove(str(path.parent.resolve()))
    return module
