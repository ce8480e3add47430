"""Random rule sets that CLIPS can express too, and mean the same there.

What the languages mean differently is left out:

- In CLIPS every modify of a fact ends its matches, here one of a field that they read. So patterns
  read all fields.
- A modify in CLIPS is a retraction and an assertion: an `exists` or `forall` fails in between, and
  holds anew. So what groups are about is never modified.
- What lost its support goes at once in CLIPS, and here when the action is done. So where facts are
  derived, an action changes one thing.
- A fact that two patterns of a group match reaches one before the other in CLIPS: for a moment the
  group fails, or holds. So no template stands in a group and in a group within it.
- Facts that lose their support in one change go in the order of insertion here, and in CLIPS in one
  that its manual leaves open; and in a modify they go before it is through. Where that makes a
  difference, the comparison ends (`PartedError`).
- Facts that only support each other stay in CLIPS. So what is derived rests on lower layers.
- For `complexity` CLIPS counts each comparison within a constraint. So where the strategy looks at
  it, a constraint is one comparison.
"""

from __future__ import annotations

from hypothesis import strategies as st

from tests.reference.agreement import Operation

TEMPLATES = """\
template A key(id)
    id: int
    n: int
    m: int
end
template B key(id)
    id: int
    n: int
    m: int
end
template S unique
    n: int
end
template T unique
    n: int
    m: int
end
"""

FIELDS = {"A": ["id", "n", "m"], "B": ["id", "n", "m"], "S": ["n"], "T": ["n", "m"]}

CONSTANTS = ["0", "1"]


class RuleText:
    """Writes one rule."""

    def __init__(
        self, draw: st.DrawFn, number: int, derives: str, is_plain: bool, is_single: bool
    ) -> None:
        self.draw = draw
        self.number = number
        self.derives = derives  # the template of what it inserts logically, if it does
        self.is_plain = is_plain  # no constraint counts for more than one in CLIPS
        self.is_single = is_single  # actions change one thing
        self.values: list[str] = []  # variables of values that can be seen
        self.facts: dict[str, str] = {}  # variables of facts, with their templates
        self.count = 0
        # What is derived rests on what is never derived from it.
        self.templates = {"S": ["A", "B"], "T": ["A", "B", "S"]}.get(derives, list(FIELDS))

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) >= 100 - percent

    def new(self, letter: str) -> str:
        self.count += 1
        return f"{letter}{self.count}"

    # -- expressions ---------------------------------------------------------------------------

    def operand(self) -> str:
        """A constant, or a value bound earlier."""
        return self.pick(*CONSTANTS, *self.values, *self.values)

    def number_of(self) -> str:
        """A value for a field."""
        base = self.operand()
        return self.pick(base, base, f"1 - {base}", f"{base} * {self.operand()}")

    def comparison(self, left: str) -> str:
        """One that CLIPS counts once."""
        right = self.operand()
        match self.draw(st.integers(0, 6)):
            case 0:
                return f"{left} != {right}"
            case 1:
                return f"{left} {self.pick('<', '<=', '>', '>=')} {right}"
            case 2:
                return f"{left} == {right} + {self.pick('1', '0')}"
            case 3:
                return f"{right} < {left} + 1"
        return f"{left} == {right}"

    def constraint(self, left: str) -> str:
        if self.is_plain or self.chance(80):
            return self.comparison(left)
        match self.draw(st.integers(0, 3)):
            case 0:
                return f"not ({self.comparison(left)})"
            case 1:
                return f"{left} in [{self.operand()}, {self.operand()}]"
        word = self.pick("and", "or")
        return f"({self.comparison(left)} {word} {self.comparison(self.operand())})"

    # -- conditions ----------------------------------------------------------------------------

    def constraints(self, template: str, most: int = 2) -> list[str]:
        """Some constraints."""
        number = self.draw(st.sampled_from([0, 0, 0, 1, 1, most]))
        fields = [name for name in FIELDS[template] if name != "id"]
        return [self.constraint(self.pick(*fields)) for _ in range(number)]

    def positive(self) -> str:
        """`x := T(…)`, which reads all fields."""
        template = self.pick(*self.templates)
        name = self.new("p")
        asked = self.constraints(template)
        bound = {self.new("v"): field for field in FIELDS[template]}
        self.facts[name] = template
        self.values += [each for each in bound if bound[each] != "id"]
        binds = [f"{variable} := {field}" for variable, field in bound.items()]
        return f"{name} := {template}({', '.join([*binds, *asked])})"

    def group(self, around: frozenset[str] = frozenset()) -> str:
        """A condition, or several, over what is never modified, and not `around` already."""
        static = [name for name in self.templates if name in "ST" and name not in around]
        values = list(self.values)
        parts: list[str] = []
        for _ in range(self.draw(st.integers(1, 2))):
            if parts and self.chance(40) and not around.issuperset(static):
                word = self.pick("not", "exists")
                parts.append(f"{word} {self.group(around)}")
                break
            template = self.pick(*static)
            asked = self.constraints(template)
            around |= {template}
            variable = self.new("v")
            binds = [f"{variable} := n"] if self.chance(60) else []
            parts.append(f"{template}({', '.join([*binds, *asked])})")
            self.values += [variable] * len(binds)
        self.values = values
        return parts[0] if len(parts) == 1 else f"({' and '.join(parts)})"

    def every(self) -> str:
        """`forall (C, D)`."""
        first = self.pick("S", "T")
        second = "T" if first == "S" else "S"
        values = list(self.values)
        asked = self.constraints(first)
        variable = self.new("v")
        self.values.append(variable)
        text = f"{first}({', '.join([f'{variable} := n', *asked])})"
        others = f"{second}({', '.join(self.constraints(second))})"
        self.values = values
        return f"forall ({text}, {others})"

    def alternatives(self) -> str:
        """`(x := T(…) or x := T(…))`."""
        template = self.pick(*self.templates)
        name = self.new("p")
        bound = {self.new("v"): field for field in FIELDS[template]}
        binds = [f"{variable} := {field}" for variable, field in bound.items()]
        branches = []
        for number in (0, 1):
            asked = [f"n == {number}", *self.constraints(template, 1)]
            branches.append(f"{name} := {template}({', '.join([*binds, *asked])})")
        self.facts[name] = template
        self.values += [each for each in bound if bound[each] != "id"]
        return f"({' or '.join(branches)})"

    def condition(self) -> str:
        """One line of the `when`."""
        static = "S" in self.templates
        match self.draw(st.integers(0, 9)):
            case 0 | 1:
                template = self.pick(*self.templates)
                return f"not {template}({', '.join(self.constraints(template))})"
            case 2 if static and not self.is_plain:
                return f"not {self.group()}"
            case 3 if static and not self.is_plain:
                return f"exists {self.group()}"
            case 4 if static and "T" in self.templates and not self.is_plain:
                return self.every()
            case 5 if self.values:
                return f"test {self.comparison(self.pick(*self.values))}"
            case 6 if not self.is_plain and self.chance(50):
                return self.alternatives()
        return self.positive()

    # -- actions -------------------------------------------------------------------------------

    def insert(self, template: str) -> str:
        fields = ", ".join(f"{name} = {self.number_of()}" for name in FIELDS[template])
        return f"insert {'logical ' if self.derives else ''}{template}({fields})"

    def actions(self) -> list[str]:
        """Nothing that reads what an earlier statement changed."""
        if self.derives:
            return [self.insert(self.derives)]
        lines = [f"emit {self.operand()}"] if self.chance(70) else []
        if not self.is_single and self.chance(40):
            lines.append(self.insert(self.pick("S", "T")))
        changing = [name for name, template in self.facts.items() if template in "AB"]
        match self.draw(st.integers(0, 4)):
            case 0 | 1 if changing:
                field = self.pick("n", "m")
                lines.append(f"modify {self.pick(*changing)}({field} = {self.number_of()})")
            case 2 if self.facts:
                lines.append(f"retract {self.pick(*self.facts)}")
            case _:
                lines.append(self.insert(self.pick("S", "T")))
        return lines

    def text(self) -> str:
        """The rule."""
        number = self.draw(st.sampled_from([1, 2, 2, 3]))
        conditions = [self.condition() for _ in range(number)]
        lines = [f'rule "r{self.number}"']
        if self.chance(40):
            lines.append(f"    salience {self.pick('-1', '1', '5')}")
        lines += ["when", *(f"    {each}" for each in conditions)]
        lines += ["then", *(f"    {each}" for each in self.actions())]
        return "\n".join([*lines, "end"])


@st.composite
def programs(draw: st.DrawFn, is_plain: bool = False) -> str:
    """The text of a rule set."""
    derive = draw(st.booleans())
    rules = []
    for number in range(draw(st.integers(2, 5))):
        derives = draw(st.sampled_from(["", "", "S", "T"])) if derive else ""
        rules.append(RuleText(draw, number, derives, is_plain, derive).text())
    return TEMPLATES + "\n".join(rules) + "\n"


def rows(template: str) -> st.SearchStrategy[dict[str, object]]:
    return st.fixed_dictionaries({name: st.integers(0, 1) for name in FIELDS[template]})


inserts: st.SearchStrategy[Operation] = st.sampled_from(list(FIELDS)).flatmap(
    lambda name: st.tuples(st.just("insert"), st.just(name), rows(name))
)
runs: st.SearchStrategy[Operation] = st.tuples(st.just("run"), st.integers(1, 5))
later: st.SearchStrategy[Operation] = st.one_of(
    inserts,
    st.tuples(st.just("retract"), st.integers(0, 7)),
    st.tuples(
        st.just("modify"),
        st.integers(0, 7),
        st.dictionaries(st.sampled_from(["n", "m"]), st.integers(0, 1), min_size=1),
    ),
    runs,
    runs,
)


def scripts() -> st.SearchStrategy[list[Operation]]:
    """A script, in which every fact that has an `id` has one of its own."""
    return st.tuples(
        st.lists(inserts, min_size=3, max_size=8), runs, st.lists(later, max_size=12)
    ).map(lambda parts: numbered([*parts[0], parts[1], *parts[2]]))


def numbered(script: list[Operation]) -> list[Operation]:
    """The script with the places of its inserts for `id`."""
    found: list[Operation] = []
    for place, operation in enumerate(script):
        match operation:
            case ("insert", str(template), dict(fields)) if "id" in fields:
                found.append(("insert", template, {**fields, "id": place}))
            case _:
                found.append(operation)
    return found
