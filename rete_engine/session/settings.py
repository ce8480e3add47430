"""What a session is opened with: what all of a rule set share, and what each may ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Final, cast, final

from rete_engine.diagnostics.errors import SessionError
from rete_engine.expressions.frame import Limits
from rete_engine.expressions.values import shown
from rete_engine.network.compiled import Compiled
from rete_engine.network.templates import TemplateSpec
from rete_engine.runtime.strategies import STRATEGIES

if TYPE_CHECKING:
    from rete_engine.session.accumulators import Accumulator
    from rete_engine.session.meanings import Meanings

ON_ERROR: Final = ("raise", "skip", "quarantine")


@final
class Shared:
    """What all sessions of a rule set share, made once, so that opening one makes little."""

    __slots__ = ("accumulators", "classes", "compiled", "meanings", "names", "params", "specs")

    def __init__(
        self,
        compiled: Compiled,
        meanings: Meanings,
        classes: dict[str, type],
        accumulators: tuple[Accumulator, ...],
    ) -> None:
        self.compiled = compiled
        self.meanings = meanings  # of the rules, for explanations
        self.specs: dict[str, TemplateSpec] = {
            spec.name: spec for spec in compiled.network.templates
        }
        self.classes = classes  # by the name of the template made from each
        self.names: dict[type, str] = {cls: name for name, cls in classes.items()}
        self.params = tuple([param.name for param in compiled.params])  # their names
        self.accumulators = accumulators


@final
class Settings:
    """The options of a session, see `RuleSet.session`.

    It is compiled because a program that opens a session for each request waits for it.

    Raises:
        SessionError: One is not what it has to be.
    """

    __slots__ = (
        "adopt", "clock", "explain", "functions", "limits", "on_error", "out", "params", "seed",
        "strategy", "write_back",
    )  # fmt: skip

    def __init__(
        self,
        params: object,
        strategy: object,
        seed: object,
        functions: Mapping[str, Callable[..., object]],
        on_error: object,
        clock: object,
        out: object,
        limits: object,
        write_back: object,
        adopt: object,
        explain: object,
    ) -> None:
        if not isinstance(on_error, str) or on_error not in ON_ERROR:
            raise SessionError(f"on_error is one of {', '.join(ON_ERROR)}, not {on_error!r}")
        if not callable(strategy) and strategy not in STRATEGIES:
            raise SessionError(
                f"unknown strategy {strategy!r}; it is one of {', '.join(STRATEGIES)},"
                " or a function"
            )
        # Asking for an abstract class takes longer than the rest of this.
        if params is not None and type(params) is not dict and not isinstance(params, Mapping):
            raise SessionError(f"params is a mapping of names to values, not {params!r}")
        if type(seed) is not int:
            raise SessionError(f"seed is a whole number, not {shown(seed)}")
        if clock is not None and not callable(clock):
            raise SessionError(f"clock is a function, not {clock!r}")
        if out is not None and not callable(out):
            raise SessionError(f"out is a function, not {out!r}")
        if not isinstance(limits, Limits):
            raise SessionError(f"limits is a Limits(…), not {limits!r}")
        self.params = cast("Mapping[str, object] | None", params)
        self.strategy: object = strategy  # a name, or a function
        self.seed: int = seed
        self.functions = functions
        self.on_error: str = on_error
        self.clock = cast("Callable[[], datetime] | None", clock)
        self.out = cast("Callable[[str], object] | None", out)
        self.limits: Limits = limits
        self.write_back = bool(write_back)
        self.adopt = bool(adopt)
        self.explain = bool(explain)
