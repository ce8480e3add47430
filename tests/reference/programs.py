"""Random rule sets and random scripts of changes, for Hypothesis."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from tests.reference.agreement import Operation

NAN = float("nan")

#: The fields of each template and what kind of values they hold.
FIELDS: dict[str, dict[str, str]] = {
    "A": {"n": "int", "s": "str", "k": "maybe"},
    "B": {"n": "int", "f": "float", "x": "any"},
    "C": {"n": "int", "s": "str", "k": "maybe", "l": "list"},
}

VALUES: dict[str, list[object]] = {
    "int": [0, 1, 2],
    "maybe": [None, 0, 1],
    "str": ["a", "b"],
    "float": [0.0, 1.0, 1.5, NAN],
    "any": [None, 1, 1.0, True, "a", NAN, [1], [NAN], {"k": 1}, (1, "a")],
    "list": [[], [1], [1, 1], [0, 1, 2], ["a", 1.0]],
}

CONSTANTS: dict[str, list[str]] = {
    "int": ["0", "1", "2"],
    "maybe": ["none", "0", "1"],
    "str": ['"a"', '"b"'],
    "float": ["0", "1.0", "1.5", 'float("nan")'],
    "any": ["none", "1", "true", '"a"', "[1]", '{"k": 1}', '(1, "a")'],
    "list": ["[]", "[1, 1]", "[0, 1, 2]"],
}

#: The kinds that may stand on both sides of `<`; others would be refused before a run.
ORDERED = {"int": ["int", "float"], "float": ["int", "float"], "str": ["str"], "any": ["int"]}


@dataclass
class Names:
    """The variables that can be seen at one place."""

    facts: dict[str, str] = field(default_factory=dict)  # variable -> template
    values: dict[str, str] = field(default_factory=dict)  # variable -> kind

    def copy(self) -> Names:
        return Names(dict(self.facts), dict(self.values))


class RuleText:
    """Writes one rule, drawing what it says."""

    def __init__(self, draw: st.DrawFn, name: str, keyed: bool) -> None:
        self.draw = draw
        self.name = name
        self.keyed = keyed
        self.variables = 0
        self.patterns = 0

    def pick(self, *options: str) -> str:
        return self.draw(st.sampled_from(options))

    def chance(self, percent: int) -> bool:
        return self.draw(st.integers(0, 99)) >= 100 - percent

    def new(self, letter: str) -> str:
        self.variables += 1
        return f"{letter}{self.variables}"

    # -- expressions ---------------------------------------------------------------------------

    def references(self, names: Names, kinds: list[str]) -> list[str]:
        """What can be read of earlier variables and is of one of some kinds."""
        found = [name for name, kind in names.values.items() if kind in kinds]
        for fact, template in names.facts.items():
            found += [f"{fact}.{name}" for name, k in FIELDS[template].items() if k in kinds]
        return found

    def operand(self, names: Names, kind: str) -> str:
        """A value of a kind, from an earlier variable where there is one."""
        found = self.references(names, [kind])
        if found and self.chance(75):
            return self.pick(*found)
        return self.pick(*CONSTANTS[kind])

    def number(self, names: Names) -> str:
        """A number."""
        base = self.operand(names, "int")
        match self.draw(st.integers(0, 5)):
            case 0:
                return f"{base} + 1"
            case 1:
                return f"{base} * {self.operand(names, 'int')}"
            case 2:
                return f"{base} - {self.operand(names, 'int')}"
        return base

    def comparison(self, names: Names, own: dict[str, str]) -> str:
        """A boolean expression; `own` are the fields of the pattern it stands in."""
        fields = list(own) or self.references(names, list(VALUES))
        if not fields:
            return "1 < 2"
        left = self.pick(*fields)
        kind = own.get(left) or self.kind_of(left, names)
        match self.draw(st.integers(0, 11)):
            case 0:
                return f"{left} != {self.operand(names, kind)}"
            case 1 | 2 if kind in ORDERED:
                other = self.pick(*ORDERED[kind])
                return f"{left} {self.pick('<', '<=', '>', '>=')} {self.operand(names, other)}"
            case 3:
                listed = {self.operand(names, kind), self.operand(names, kind)}
                return f"{left} in [{', '.join(sorted(listed))}]"
            case 4:
                return f"not ({self.comparison(names, own)})"
            case 5:
                joint = self.pick("or", "and")
                return f"({self.comparison(names, own)} {joint} {self.comparison(names, own)})"
            case 6 if kind in ("maybe", "any"):
                return f"{left} is {self.pick('', 'not ')}none"
            case 7 if kind == "maybe":
                return f"{left} + 1 > {self.operand(names, 'int')}"  # none + 1 is an error
            case 7 if kind == "int":
                return f"2 // {left} > {self.operand(names, 'int')}"  # by zero too
            case 8 if kind == "list":
                return f"{self.operand(names, 'int')} in {left}"
            case 9 if kind in ("int", "float"):
                other = "float" if kind == "int" else "int"
                return f"{self.operand(names, other)} == {left}"
            case 10:
                return f"{left} == {self.operand(names, 'any')}"
        return f"{left} == {self.operand(names, kind)}"

    def kind_of(self, reference: str, names: Names) -> str:
        if "." in reference:
            fact, name = reference.split(".")
            return FIELDS[names.facts[fact]][name]
        return names.values[reference]

    # -- conditions ----------------------------------------------------------------------------

    def pattern(self, names: Names, named: bool) -> str:
        """`[x :=] T(…)`; what it binds comes into `names`."""
        self.patterns += 1
        template = self.pick("A", "A", "B", "C")
        name = self.new("p") if named else None
        own = FIELDS[template]
        arguments: list[str] = []
        earlier = names.copy()
        if name is not None:
            names.facts[name] = template
        bound: dict[str, str] = {}
        for _ in range(self.draw(st.integers(0, 2))):
            match self.draw(st.integers(0, 6)):
                case 0:
                    variable = self.new("v")
                    chosen = self.pick(*own)
                    arguments.append(f"{variable} := {chosen}")
                    bound[variable] = own[chosen]
                case 1:
                    variable = self.new("v")
                    arguments.append(f"{variable} := n + {self.operand(earlier, 'int')}")
                    bound[variable] = "int"
                case 2 if name is not None and earlier.facts:
                    arguments.append(f"{self.pick(*earlier.facts)} != {name}")
                case _:
                    seen = replace(earlier, values={**earlier.values, **bound})
                    arguments.append(self.comparison(seen, own))
        names.values.update(bound)
        return f"{name + ' := ' if name else ''}{template}({', '.join(arguments)})"

    def group(self, names: Names, depth: int) -> str:
        """`(C and D …)`, or one condition alone."""
        inner = names.copy()
        parts: list[str] = []
        for _ in range(self.draw(st.integers(1, 3))):
            match self.draw(st.integers(0, 9)):
                case 0 | 1 if depth < 2:
                    word = self.pick("not", "not", "exists")
                    parts.append(f"{word} {self.group(inner, depth + 1)}")
                case 2:
                    parts.append(f"test ({self.comparison(inner, {})})")
                case 3:
                    value = self.number(inner)
                    variable = self.new("v")
                    parts.append(f"{variable} := {value}")
                    inner.values[variable] = "int"
                case 4 if depth < 2:
                    parts.append(self.each(inner))
                case _:
                    parts.append(self.pattern(inner, self.chance(60)))
        if len(parts) == 1 and not parts[0].startswith("for") and self.chance(80):
            return parts[0]
        return f"({' and '.join(parts)})"

    def each(self, names: Names) -> str:
        """`for v in …`."""
        lists = [*self.references(names, ["list"]), "[0, 1]", "[1, 1]", "{2, 0}"]
        source = self.pick(*lists)
        variable = self.new("v")
        names.values[variable] = "any"
        return f"for {variable} in {source}"

    def condition(self, names: Names) -> str:
        """One line of the `when`."""
        match self.draw(st.integers(0, 15)):
            case 0 | 1:
                return f"not {self.pattern(names.copy(), self.chance(20))}"
            case 2:
                return f"exists {self.pattern(names.copy(), self.chance(20))}"
            case 3 | 4:
                return f"not {self.group(names, 0)}"
            case 5:
                return f"exists {self.group(names, 0)}"
            case 6:
                return f"test {self.comparison(names, {})}"
            case 7:
                value = self.number(names)
                variable = self.new("v")
                names.values[variable] = "int"
                return f"{variable} := {value}"
            case 8:
                return self.each(names)
            case 9:
                return f"({self.pattern(names, True)} and {self.pattern(names, True)})"
        return self.pattern(names, self.chance(85))

    # -- actions -------------------------------------------------------------------------------

    def fields(self, template: str, names: Names, least: int) -> str:
        """`f = e, …`; `least` fields, those that need a value first."""
        own = FIELDS[template]
        chosen = list(own)[:least]
        chosen += [name for name in own if name not in chosen and self.chance(30)]
        given = []
        for name in chosen:
            kind = own[name]
            value = self.number(names) if kind == "int" else self.operand(names, kind)
            given.append(f"{name} = {value}")
        return ", ".join(given)

    def action(self, names: Names, depth: int = 0) -> list[str]:
        """One statement, with its lines."""
        facts = list(names.facts)
        match self.draw(st.integers(0, 9)):
            case 0 | 1 if facts:
                fact = self.pick(*facts)
                return [f"modify {fact}({self.fields(names.facts[fact], names, 1)})"]
            case 2 if facts:
                return [f"retract {self.pick(*facts)}"]
            case 3 | 4:
                template = self.pick("A", "B", "C")
                return [f"insert {template}({self.fields(template, names, 2)})"]
            case 5:
                template = self.pick("A", "B")
                fact = self.new("w")
                given = self.fields(template, names, 2)
                names.facts[fact] = template
                return [f"{fact} := insert {template}({given})"]
            case 6 if depth == 0 and self.references(names, ["int"]):
                condition = self.comparison(names, {})
                inside = [f"    {line}" for line in self.action(names.copy(), 1)]
                return [f"if {condition}", *inside, "end"]
            case 7 if self.keyed:
                return [f"upsert A({self.fields('A', names, 2)})"]
            case 8 if facts:
                # The variable keeps the match's value, the field shows the pending one.
                fact = self.pick(*facts)
                return [f"modify {fact}(n = {fact}.n + 1)", f"emit {fact}.n"]
        return [f"emit {self.number(names)}"]

    # -- the whole -----------------------------------------------------------------------------

    def text(self, silent: bool) -> str:
        """The rule."""
        names = Names()
        conditions = [self.condition(names) for _ in range(self.draw(st.integers(1, 4)))]
        lines = [f'rule "{self.name}"']
        numbers = self.references(names, ["int"])
        if self.chance(25):
            lines.append(f"    salience {self.pick('1', '-1', '10')}")
        elif numbers and self.chance(25):
            lines.append(f"    salience {self.pick(*numbers)}{self.pick('', ' * -1')}")
        if self.chance(15):
            lines.append("    no_loop")
        lines += ["when", *(f"    {line}" for line in conditions), "then"]
        if not silent:
            for _ in range(self.draw(st.integers(0, 2))):
                lines += [f"    {line}" for line in self.action(names)]
        return "\n".join([*lines, "end"])


@st.composite
def programs(draw: st.DrawFn, silent: bool = False) -> str:
    """The text of a rule set; with `silent`, its rules change nothing."""
    keyed = draw(st.integers(0, 5)) == 5
    unique = draw(st.integers(0, 5)) == 5
    templates = f"""\
template A{' key(n, s)' if keyed else ''}
    n: int
    s: str
    k: int? = none
end
template B{' unique' if unique else ''}
    n: int
    f: float
    x: any = 1
end
template C extends A
    l: list = [0, 1]
end
"""
    count = draw(st.integers(1, 3))
    rules = [RuleText(draw, f"r{i}", keyed).text(silent) for i in range(count)]
    return templates + "\n".join(rules) + "\n"


def values(kind: str) -> st.SearchStrategy[object]:
    return st.sampled_from(VALUES[kind])


@st.composite
def rows(draw: st.DrawFn, template: str) -> dict[str, object]:
    """The fields of a fact; those with a default may be left out."""
    given: dict[str, object] = {}
    for place, (name, kind) in enumerate(FIELDS[template].items()):
        if place < 2 or draw(st.booleans()):
            given[name] = draw(values(kind))
    return given


@st.composite
def inserts(draw: st.DrawFn) -> Operation:
    template = draw(st.sampled_from("ABC"))
    return ("insert", template, draw(rows(template)))


@st.composite
def modifies(draw: st.DrawFn) -> Operation:
    fields = FIELDS[draw(st.sampled_from("BC"))]
    names = draw(st.lists(st.sampled_from(list(fields)), min_size=1, max_size=2, unique=True))
    return ("modify", draw(st.integers(0, 7)), {n: draw(values(fields[n])) for n in names})


retracts = st.tuples(st.just("retract"), st.integers(0, 7))
changes: st.SearchStrategy[Operation] = st.one_of(inserts(), inserts(), modifies(), retracts)


@st.composite
def operations(draw: st.DrawFn) -> Operation:
    """One operation of a script."""
    match draw(st.integers(0, 11)):
        case 0 | 1:
            return ("step",)
        case 2:
            return ("run", draw(st.integers(1, 4)))
        case 3:
            template = draw(st.sampled_from("ABC"))
            return ("insert_many", template, draw(st.lists(rows(template), max_size=3)))
        case 4:
            return ("batch", draw(st.lists(changes, max_size=3)))
    return draw(changes)


def scripts(most: int = 12) -> st.SearchStrategy[list[Operation]]:
    """A script: mostly inserts at first, so that there is something to match."""
    return st.tuples(
        st.lists(inserts(), min_size=1, max_size=5), st.lists(operations(), max_size=most)
    ).map(lambda parts: [*parts[0], *parts[1]])


strategies = st.sampled_from(["depth", "breadth", "lex", "mea", "simplicity", "complexity",
                              "random"])  # fmt: skip
