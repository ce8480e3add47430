"""Plots of measurements as SVG, written by hand: no library of plots needs to be installed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from math import ceil, floor, log10
from statistics import median

from benchmarks.measure import Measurement, Times
from benchmarks.workload import Workload

#: The colour of each engine, by the beginning of its name; the first that fits counts.
COLOURS = (
    ("rete_engine, from the cache", "#56b4e9"),
    ("rete_engine, insert_many", "#0072b2"),
    ("rete_engine", "#009e73"),
    ("clipspy", "#d55e00"),
    ("durable_rules", "#cc79a7"),
    ("experta", "#e69f00"),
    ("", "#7f7f7f"),
)
FONT = "font-family='Helvetica, Arial, sans-serif'"


@dataclass
class Line:
    """One engine's times in a panel."""

    engine: str
    points: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class Panel:
    """How the time of a workload grows."""

    title: str
    x: str
    lines: list[Line]


def colour(engine: str) -> str:
    """The colour of an engine."""
    return next(value for name, value in COLOURS if engine.startswith(name))


def both(times: Times) -> float:
    """The median of load and run together."""
    return median(load + run for load, run in zip(times.load, times.run, strict=True))


def growth(workloads: Mapping[str, Workload], measurements: Iterable[Measurement]) -> str:
    """Log-log plots of time against facts, rules or firings, one for each workload."""
    by_name: dict[str, list[Measurement]] = {}
    for each in measurements:
        by_name.setdefault(each.workload, []).append(each)
    panels = [
        _panel(workloads[name], sorted(found, key=lambda one: one.size))
        for name, found in by_name.items()
        if len(found) > 1
    ]
    return _grid(panels)


def _panel(workload: Workload, measurements: Sequence[Measurement]) -> Panel:
    """The panel of a workload: rules that are built, else what is loaded and run."""
    is_counted = workload.size_means in ("facts", "orders", "rules")
    time: Callable[[Times], float] = both
    what = "load and run" if workload.steps is None else "load and changes"
    if workload.about_building:
        time, what = (lambda times: median(times.build)), "build"
    lines: dict[str, Line] = {}
    for each in measurements:
        x = each.size if is_counted else each.fired
        for times in each.engines:
            builds = not times.engine.startswith("plain")  # which has no rules to build
            if times.missing is None and (builds or not workload.about_building):
                line = lines.setdefault(times.engine, Line(times.engine))
                line.points.append((x, time(times)))
    label = workload.size_means if is_counted else "firings"
    return Panel(f"{workload.name}: {what}", label, list(lines.values()))


WIDTH, HEIGHT, COLUMNS = 300, 230, 3
LEFT, TOP, RIGHT, BOTTOM = 52, 28, 14, 40


def _grid(panels: Sequence[Panel]) -> str:
    rows = ceil(len(panels) / COLUMNS)
    engines = list(dict.fromkeys(line.engine for panel in panels for line in panel.lines))
    height = rows * HEIGHT + 18 * ceil(len(engines) / COLUMNS) + 16
    parts = [_open(COLUMNS * WIDTH, height)]
    for number, panel in enumerate(panels):
        x, y = number % COLUMNS * WIDTH, number // COLUMNS * HEIGHT
        parts.append(f"<g transform='translate({x},{y})'>{_drawn(panel)}</g>")
    for number, engine in enumerate(engines):
        x, y = number % COLUMNS * WIDTH + 20, rows * HEIGHT + 18 * (number // COLUMNS) + 12
        parts.append(f"<rect x='{x}' y='{y - 8}' width='14' height='8' fill='{colour(engine)}'/>")
        parts.append(_text(x + 20, y, engine, "start"))
    return "\n".join([*parts, "</svg>\n"])


def _drawn(panel: Panel) -> str:
    """The axes, the grid of powers of ten, and the lines of a panel."""
    points = [point for line in panel.lines for point in line.points]
    across = _decades([x for x, _ in points])
    up = _decades([y for _, y in points])
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM

    def place(x: float, y: float) -> tuple[float, float]:
        return (
            LEFT + (log10(x) - across[0]) / (across[1] - across[0]) * (right - LEFT),
            bottom - (log10(y) - up[0]) / (up[1] - up[0]) * (bottom - TOP),
        )

    parts = [_text(LEFT, TOP - 10, panel.title, "start", "bold")]
    for power in range(across[0], across[1] + 1):
        x, _ = place(10.0**power, 10.0 ** up[0])
        parts.append(_rule(x, TOP, x, bottom))
        parts.append(_text(x, bottom + 14, _power(power), "middle"))
    for power in range(up[0], up[1] + 1):
        _, y = place(10.0 ** across[0], 10.0**power)
        parts.append(_rule(LEFT, y, right, y))
        parts.append(_text(LEFT - 4, y + 4, f"{_power(power)} s", "end"))
    parts.append(_text((LEFT + right) / 2, bottom + 30, panel.x, "middle"))
    for line in panel.lines:
        stroke = colour(line.engine)
        placed = [place(x, y) for x, y in line.points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in placed)
        parts.append(f"<polyline points='{path}' fill='none' stroke='{stroke}' stroke-width='2'/>")
        parts += [f"<circle cx='{x:.1f}' cy='{y:.1f}' r='3' fill='{stroke}'/>" for x, y in placed]
    return "".join(parts)


def ratios(measurements: Sequence[Measurement], names: Mapping[str, str]) -> str:
    """How many times as fast as its first engine each other one is, on a logarithmic scale.

    Args:
        measurements: What to draw.
        names: What to call an engine, by its name; others are left out.
    """
    bars: list[tuple[str, str, float]] = []
    for each in measurements:
        reference, *others = each.engines
        if reference.missing is not None:
            continue
        for times in others:
            if times.missing is None and times.engine in names:
                title = f"{each.workload} {each.size:,}"
                ratio = _time(reference) / _time(times)
                bars.append((title, times.engine, ratio))
    low, high = _decades([1.0, *(ratio for _, _, ratio in bars)])
    left, wide, step = 190, 560, 17
    height = 46 + step * len(bars) + 22 * len(names)
    parts = [_open(left + wide + 60, height)]

    def across(ratio: float) -> float:
        return left + (log10(ratio) - low) / (high - low) * wide

    end = 34 + step * len(bars)
    for power in range(low, high + 1):
        x = across(10.0**power)
        parts += [_rule(x, 26, x, end), _text(x, 18, f"{10.0**power:g} x", "middle")]
    previous = ""
    for number, (title, engine, ratio) in enumerate(bars):
        y = 32 + step * number
        x, middle = across(ratio), across(1.0)
        parts.append(_text(left - 8, y + 10, "" if title == previous else title, "end"))
        shape = f"x='{min(x, middle):.1f}' y='{y}' width='{abs(x - middle):.1f}' height='12'"
        parts.append(f"<rect {shape} fill='{colour(engine)}'/>")
        parts.append(_text(max(x, middle) + 4, y + 10, f"{ratio:.3g}", "start"))
        previous = title
    middle = across(1.0)
    line = f"x1='{middle:.1f}' y1='26' x2='{middle:.1f}' y2='{end}'"
    parts.append(f"<line {line} stroke='#000' stroke-width='1.5'/>")
    for number, (engine, name) in enumerate(names.items()):
        y = end + 22 + 20 * number
        shape = f"x='{left}' y='{y - 9}' width='14' height='9'"
        parts.append(f"<rect {shape} fill='{colour(engine)}'/>")
        parts.append(_text(left + 20, y, name, "start"))
    return "\n".join([*parts, "</svg>\n"])


def _time(times: Times) -> float:
    """Everything but building."""
    return max(both(times), 1e-9)


def _decades(values: Sequence[float]) -> tuple[int, int]:
    """Powers of ten that enclose all values."""
    low, high = floor(log10(min(values))), ceil(log10(max(values)))
    return low, max(high, low + 1)


def _power(power: int) -> str:
    return f"{10.0**power:g}" if -3 <= power < 4 else f"1e{power}"


def _open(width: int, height: int) -> str:
    size = f"width='{width}' height='{height}' viewBox='0 0 {width} {height}'"
    return (
        f"<svg xmlns='http://www.w3.org/2000/svg' {size} {FONT} font-size='11'>\n"
        f"<rect width='{width}' height='{height}' fill='#fff'/>"
    )


def _rule(x1: float, y1: float, x2: float, y2: float) -> str:
    place = f"x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}'"
    return f"<line {place} stroke='#ddd'/>"


def _text(x: float, y: float, text: str, anchor: str, weight: str = "normal") -> str:
    place = f"x='{x:.1f}' y='{y:.1f}' text-anchor='{anchor}'"
    return f"<text {place} font-weight='{weight}' fill='#222'>{escape(text)}</text>"
