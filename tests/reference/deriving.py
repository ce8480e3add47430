"""Random rule sets that derive facts from each other, round and round, and scripts for them."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.reference.agreement import Operation

TEMPLATES = """\
template S
    n: int
end
template A
    n: int
end
template B extends A
end
template U unique
    n: int
    m: int = 0
end
"""

NAMES = st.sampled_from(["S", "A", "A", "B", "U", "U"])
DERIVED = st.sampled_from(["A", "A", "B", "U", "U"])
VALUES = st.integers(0, 1)


@st.composite
def pattern(draw: st.DrawFn, facts: list[str]) -> str:
    """A pattern; its field is a constant, that of an earlier fact, or any."""
    values = ["0", "1", *(f"{fact}.n" for fact in facts)]
    constraint = draw(st.sampled_from(["", "", *(f"n == {value}" for value in values)]))
    return f"{draw(NAMES)}({constraint})"


@st.composite
def condition(draw: st.DrawFn, facts: list[str], name: str) -> str:
    """A condition that binds nothing, or a result by a name."""
    one = draw(pattern(facts))
    match draw(st.integers(0, 12)):
        case 0 | 1 | 2:
            return f"exists {one}"
        case 3 | 4:
            return f"exists ({one} and {draw(pattern(facts))})"
        case 5:
            return f"exists ({one} and {draw(within(facts))})"
        case 6:
            return f"not ({one} and {draw(pattern(facts))})"
        case 7 | 8 | 9 | 10 | 11:
            return draw(accumulate(facts, name))
    return f"not {one}"


@st.composite
def within(draw: st.DrawFn, facts: list[str]) -> str:
    """A condition in brackets of another one."""
    one, other = draw(pattern(facts)), draw(pattern(facts))
    match draw(st.integers(0, 6)):
        case 0:
            return f"exists {one}"
        case 1:
            return f"exists ({one} and {other})"
        case 2:
            return f"not {one}"
        case 3:
            return f"(i := count({one}) and test i > 0)"
        case 4:
            return f"max(n for {one} by g := n)"
        case 5:
            return f"({one} or {other})"
    return one


@st.composite
def accumulate(draw: st.DrawFn, facts: list[str], name: str) -> str:
    """A result of facts that may be derived, or that there is one."""
    function = draw(st.sampled_from(["count", "sum", "avg", "min", "max", "collect_set"]))
    body = f"n for {draw(pattern(facts))}{draw(st.sampled_from(['', '', f' by {name}g := n']))}"
    if draw(st.integers(0, 3)) == 0:
        body = f"w.n for (w := {draw(pattern(facts))} and {draw(within(facts))})"
    if draw(st.integers(0, 3)) == 0:
        return f"{function}({body})"
    asked = draw(st.sampled_from(["", f"\n    test {name} > {draw(VALUES)}"]))
    return f"{name} := {function}({body}){asked if function != 'collect_set' else ''}"


@st.composite
def action(draw: st.DrawFn, facts: list[str]) -> str:
    """A statement: mostly one that derives."""
    values = [draw(VALUES), *(f"{fact}.n" for fact in facts), *(f"1 - {f}.n" for f in facts)]
    value = draw(st.sampled_from(values))
    match draw(st.integers(0, 19)):
        case 0:
            return f"insert {draw(DERIVED)}(n = {value})"
        case 1 if facts:
            return f"retract {draw(st.sampled_from(facts))}"
        case 2 if facts:
            return f"modify {draw(st.sampled_from(facts))}(n = {value})"
        case 3:
            return f"w := insert logical A(n = {value})\n    modify w(n = {draw(VALUES)})"
    return f"insert logical {draw(DERIVED)}(n = {value})"


@st.composite
def rule(draw: st.DrawFn, number: int) -> str:
    """A rule."""
    facts: list[str] = []
    lines = [f'rule "r{number}"', "when"]
    for _ in range(draw(st.integers(0, 2))):
        one = draw(pattern(facts))
        facts.append(f"x{len(facts)}")
        lines.append(f"    {facts[-1]} := {one}")
    for number in range(draw(st.sampled_from([0, 1, 1, 2] if facts else [1, 1, 2]))):
        lines.append(f"    {draw(condition(facts, f'v{number}'))}")
    lines.append("then")
    lines += [f"    {draw(action(facts))}" for _ in range(draw(st.integers(1, 2)))]
    return "\n".join([*lines, "end", ""])


@st.composite
def programs(draw: st.DrawFn) -> str:
    """A rule set."""
    return TEMPLATES + "".join(draw(rule(n)) for n in range(draw(st.integers(2, 5))))


inserts: st.SearchStrategy[Operation] = st.tuples(
    st.just("insert"), NAMES, st.fixed_dictionaries({"n": VALUES})
)
retracts: st.SearchStrategy[Operation] = st.tuples(st.just("retract"), st.integers(0, 7))
runs: st.SearchStrategy[Operation] = st.tuples(st.just("run"), st.integers(2, 8))
changes: st.SearchStrategy[Operation] = st.one_of(
    inserts,
    retracts,
    retracts,
    st.tuples(
        st.just("modify"), st.integers(0, 7), st.fixed_dictionaries({"n": VALUES})
    ),
)  # fmt: skip


def scripts() -> st.SearchStrategy[list[Operation]]:
    """A script: something to derive from, then changes and runs in turn."""
    rows = st.lists(st.fixed_dictionaries({"n": VALUES}), max_size=3)
    batches: st.SearchStrategy[Operation] = st.tuples(
        st.just("batch"), st.lists(changes, max_size=3)
    )
    many: st.SearchStrategy[Operation] = st.tuples(st.just("insert_many"), NAMES, rows)
    later = st.one_of(changes, changes, runs, runs, batches, many)
    return st.tuples(
        st.lists(inserts, min_size=1, max_size=3), runs, st.lists(later, max_size=15)
    ).map(lambda parts: [*parts[0], parts[1], *parts[2]])
