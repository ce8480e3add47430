"""Whether the engine's core runs compiled or interpreted.

The core (expressions, network, runtime) is one source that a wheel may hold compiled by mypyc
beside the Python files. All of it is compiled or none of it, so one module speaks for all.
"""

from importlib.machinery import ExtensionFileLoader
from importlib.util import find_spec

_CORE_MODULE = "rete_engine.runtime.engine"


def compiled() -> bool:
    """Tell whether the core was loaded, or would be, from compiled extension modules.

    Both builds fire the same rules in the same order; a compiled one is faster. The core module
    itself is not imported in order to find out.

    Returns:
        True for a compiled wheel, False for a pure wheel and for an editable checkout.

    Example:
        >>> from rete_engine._compiled import compiled
        >>> "compiled" if compiled() else "pure Python"  # doctest: +SKIP
        'compiled'
        >>> compiled() in (True, False)
        True
    """
    spec = find_spec(_CORE_MODULE)
    return spec is not None and isinstance(spec.loader, ExtensionFileLoader)
