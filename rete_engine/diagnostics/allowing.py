"""Warnings that a rule text allows.

`# allow RE0502` behind a line allows what that code warns of in the line. A variable whose name
begins with `_` says by its name that nothing reads it.
"""

from __future__ import annotations

import re

from rete_engine.diagnostics.diagnostic import Diagnostic

_COMMENT = re.compile(r"#\s*allow((?:[\s,]+RE\d{4})+)")


def is_allowed(diagnostic: Diagnostic) -> bool:
    """Whether the text that a warning is about allows it.

    Example:
        >>> from rete_engine.diagnostics.source import Source, Span
        >>> span = Span(Source("a.rete", "b := B()  # allow RE0502: all pairs"), 1, 1, 1, 9)
        >>> is_allowed(Diagnostic("RE0502", "nothing joins", span, severity="warning"))
        True
    """
    if diagnostic.severity != "warning":
        return False
    span = diagnostic.span
    if diagnostic.code == "RE0500" and span.text.startswith("_"):
        return True
    return any(
        diagnostic.code in found[1]
        for line in range(span.line, span.end_line + 1)
        for found in _COMMENT.finditer(span.source.line(line))
    )
