"""What the compiler of the core is told about a class or a number.

mypyc knows its decorator by its name in `mypy_extensions`, which is there wherever mypy is, and
reads it without calling it. Where the core runs as Python, that package need not be installed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mypy_extensions import i64 as i64
    from mypy_extensions import mypyc_attr as mypyc_attr
else:
    i64 = int  # in compiled code an int of 64 bits, whose arithmetic is the machine's

    def mypyc_attr(**settings):
        """Leave a class as it is."""
        return lambda cls: cls
