"""How `rete graph` and `rete profile` show the order in which conditions are joined, and why."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rete_engine.session.census import Held
from rete_engine.session.paths import PlanPath, PlanStep


def lines_of(name: str, paths: Sequence[PlanPath], held: Held | None = None) -> Iterator[str]:
    """The plan of a rule in lines, with what its nodes hold if that was counted."""
    for path in paths:
        yield f"  {name}"
        yield from _steps(path.steps, held, "    ")
        if held is not None:
            yield f"    fired {held.fired[path.node]:,}"


def _steps(steps: Sequence[PlanStep], held: Held | None, indent: str) -> Iterator[str]:
    for number, step in enumerate(steps, 1):
        yield f"{indent}{number}. {step.text}"
        deeper = indent + " " * (len(str(number)) + 2)
        counts = "" if held is None else _counts(step, held)
        if counts:
            yield f"{deeper}{counts}"
        which = "" if step.written is None else f"pattern {step.written}: "
        yield f"{deeper}{which}{step.reason}"
        for branch in step.inside:
            yield from _steps(branch, held, deeper)


def _counts(step: PlanStep, held: Held) -> str:
    """What a node holds: a first pattern has facts, what only asks of a match has matches."""
    facts, matches = held.facts.get(step.node), held.matches[step.node]
    parts = [] if facts is None else [f"{facts:,} fact{'' if facts == 1 else 's'}"]
    if step.keeps_matches:
        parts.append(f"{matches:,} match{'' if matches == 1 else 'es'} before it")
    return ", ".join(parts)


def as_plain(path: PlanPath, held: Held | None = None) -> dict[str, object]:
    """A path for JSON."""
    found: dict[str, object] = {"steps": [_plain(step, held) for step in path.steps]}
    if held is not None:
        found["fired"] = held.fired[path.node]
    return found


def _plain(step: PlanStep, held: Held | None) -> dict[str, object]:
    found: dict[str, object] = {
        "step": step.text,
        "reason": step.reason,
        "pattern": step.written,
        "keys": list(step.keys),
        "inside": [[_plain(each, held) for each in branch] for branch in step.inside],
    }
    if held is not None:
        found["facts"] = held.facts.get(step.node)
        found["matches"] = held.matches[step.node] if step.keeps_matches else None
    return found
