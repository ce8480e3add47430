"""Random rule sets whose rules watch and change control facts: phases, counters, switches.

What they are about is what `tests.reference.programs` rarely makes: many matches that wait for one
fact without a key, several such facts at a time, and rules that change them when they fire.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.reference.programs import Names, RuleText, Strategies

FIELDS = {name: {"n": "bit", "m": "bit"} for name in ("A", "B", "P", "Q")}

TEMPLATES = "".join(f"template {name}\n    n: int\n    m: int\nend\n" for name in FIELDS)


class ControlText(RuleText):
    """Writes one rule: data that joins by key, and control facts that have none with it."""

    def data(self, names: Names) -> list[str]:
        """One or two patterns."""
        first = self.named("A", names, [self.asks("m")] if self.chance(30) else [])
        if self.chance(40):
            return [first]
        key = [f"n == {next(iter(names.facts))}.n"] if self.chance(80) else []
        return [first, self.named(self.pick("A", "B"), names, key)]

    def control(self, names: Names) -> list[str]:
        """One to three patterns; they may compare themselves with what there is."""
        found = []
        for template in self.draw(st.lists(st.sampled_from("PQ"), min_size=1, max_size=3)):
            tests = [self.asks("m")] if self.chance(75) else []
            if names.facts and self.chance(30):
                other = self.pick(*names.facts)
                tests.append(f"n {self.pick('<=', '!=', '>=')} {other}.m")
            found.append(self.named(template, names, tests))
        return found

    def named(self, template: str, names: Names, tests: list[str]) -> str:
        name = self.new("p")
        names.facts[name] = template
        return f"{name} := {template}({', '.join(tests)})"

    def asks(self, field: str) -> str:
        return f"{field} == {self.pick('0', '1')}"

    def text(self, silent: bool) -> str:
        """The rule."""
        names = Names()
        parts = [self.data, self.control]
        if self.chance(50):
            parts.reverse()
        conditions = [condition for part in parts for condition in part(names)]
        if self.chance(30):
            conditions.append(f"not B(n == {self.pick(*names.facts)}.m, m == 1)")
        if self.chance(20):
            conditions.append(f"test {self.comparison(names, {})}")
        lines = [f'rule "{self.name}"']
        if self.chance(30):
            lines.append(f"    salience {self.pick('1', '-1')}")
        if self.chance(20):
            lines.append("    no_loop")
        lines += ["when", *(f"    {line}" for line in conditions), "then"]
        watched = [name for name, template in names.facts.items() if template in "PQ"]
        changed = self.pick(*watched)
        if not silent:
            lines.append(f"    modify {changed}(m = {self.pick('0', '1', f'1 - {changed}.m')})")
            for _ in range(self.draw(st.integers(0, 2))):
                lines += [f"    {line}" for line in self.action(names)]
        lines.append(f"    emit {changed}.n")
        return "\n".join([*lines, "end"])


@st.composite
def programs(draw: st.DrawFn) -> str:
    """The text of a rule set."""
    count = draw(st.integers(1, 3))
    rules = [ControlText(draw, f"r{i}", FIELDS, False, False, 20).text(False) for i in range(count)]
    return TEMPLATES + "\n".join(rules) + "\n"


_strategies = Strategies(FIELDS)


def scripts() -> st.SearchStrategy[list[tuple[object, ...]]]:
    """A script: enough facts that many meet one, then all kinds of operations, mostly runs."""
    runs = st.tuples(st.just("run"), st.integers(1, 4))
    return st.tuples(
        st.lists(_strategies.inserts(), min_size=4, max_size=12),
        st.lists(st.one_of(runs, _strategies.operations()), max_size=10),
    ).map(lambda parts: [*parts[0], *parts[1]])
