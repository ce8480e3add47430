"""Random rule sets and random scripts of changes, for Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from hypothesis import strategies as st

from tests.reference.agreement import Operation, Reference

NAN = float("nan")

#: The fields of each template and what kind of values they hold.
Fields = dict[str, dict[str, str]]

#: All kinds of values, so that comparisons meet what they may meet.
RICH: Fields = {
    "A": {"n": "int", "s": "str", "k": "maybe"},
    "B": {"n": "int", "f": "float", "x": "any"},
    "C": {"n": "int", "s": "str", "k": "maybe", "l": "list"},
    "E": {"n": "int", "k": "maybe", "x": "any"},  # of an open template, which declares n alone
}

#: Few values and few templates, so that one change does several things to one match.
DENSE: Fields = {
    "A": {"n": "bit", "m": "bit"},
    "B": {"n": "bit", "m": "bit"},
}

#: One template and little else than groups within groups.
NESTED: Fields = {"A": {"n": "bit", "m": "bit"}}

#: References between facts: `r` may be none, `a` may not.
LINKED: Fields = {
    "A": {"n": "bit", "m": "bit", "r": "reference"},
    "B": {"n": "bit", "m": "bit", "a": "required"},
}
#: The agenda groups.
GROUPS = ["main", "g", "h"]

VALUES: dict[str, list[object]] = {
    "reference": [None, Reference(0), Reference(1), Reference(2)],
    "required": [Reference(0), Reference(1), Reference(2)],
    "bit": [0, 1],
    "int": [0, 1, 2],
    "maybe": [None, 0, 1],
    "str": ["a", "b"],
    "float": [0.0, 1.0, 1.5, NAN],
    "any": [None, 1, 1.0, True, "a", NAN, [1], [NAN], {"k": 1}, (1, "a")],
    "list": [[], [1], [1, 1], [0, 1, 2], ["a", 1.0]],
}

CONSTANTS: dict[str, list[str]] = {
    "reference": ["none"],
    "bit": ["0", "1"],
    "int": ["0", "1", "2"],
    "maybe": ["none", "0", "1"],
    "str": ['"a"', '"b"'],
    "float": ["0", "1.0", "1.5", 'float("nan")'],
    "any": ["none", "1", "true", '"a"', "[1]", '{"k": 1}', '(1, "a")'],
    "list": ["[]", "[1, 1]", "[0, 1, 2]"],
}

#: The kinds that may stand on both sides of `<`; others would be refused before a run.
ORDERED = {
    "bit": ["bit"],
    "int": ["int", "float"],
    "float": ["int", "float"],
    "str": ["str"],
    "any": ["int"],
}


@dataclass
class Names:
    """The variables that can be seen at one place."""

    facts: dict[str, str] = field(default_factory=dict)  # variable -> template
    values: dict[str, str] = field(default_factory=dict)  # variable -> kind

    def copy(self) -> Names:
        return Names(dict(self.facts), dict(self.values))


class RuleText:
    """Writes one rule, drawing what it says."""

    def __init__(
        self,
        draw: st.DrawFn,
        name: str,
        fields: Fields,
        keyed: bool,
        grouped: bool,
        derives: int,
        queries: Sequence[QueryText] = (),
    ) -> None:
        self.draw = draw
        self.queries = queries  # that it may ask
        self.templates = fields
        self.number_kind = "int" if fields is RICH else "bit"
        self.name = name
        self.keyed = keyed
        self.derives = derives  # per cent of the inserts that are logical
        self.grouped = grouped
        self.variables = 0
        self.patterns = 0
        self.has_alternatives = False

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
            own = self.templates[template]
            found += [f"{fact}.{name}" for name, kind in own.items() if kind in kinds]
            for name in [name for name, kind in own.items() if kind == "required"]:
                found += [
                    f"{fact}.{name}.{inner}"
                    for inner, kind in self.templates["A"].items()
                    if kind in kinds
                ]
        return found

    def reference(self, left: str, kind: str, names: Names) -> str:
        """A boolean expression about a reference."""
        bit = self.operand(names, "bit")
        facts = [fact for fact, template in names.facts.items() if template == "A"]
        dot = "?." if kind == "reference" and self.chance(80) else "."
        match self.draw(st.integers(0, 5)):
            case 0 if facts:
                return f"{left} {self.pick('==', '!=')} {self.pick(*facts)}"
            case 1 if kind == "reference":
                return f"{left} is {self.pick('', 'not ')}none"
            case 2:
                return f"{left}{dot}r{self.pick('?.', '?.', '.')}{self.pick('n', 'm')} == {bit}"
            case 3 if kind == "reference":
                return f"({left} is none or {left}.n == {bit})"
            case 4:
                return f"{left}{dot}n != {bit}"
        return f"{left}{dot}{self.pick('n', 'm')} == {bit}"

    def operand(self, names: Names, kind: str) -> str:
        """A value of a kind, from an earlier variable where there is one."""
        found = self.references(names, [kind])
        if found and self.chance(75):
            return self.pick(*found)
        return self.pick(*CONSTANTS[kind])

    def number(self, names: Names) -> str:
        """A number."""
        kind = self.number_kind
        base = self.operand(names, kind)
        match self.draw(st.integers(0, 5)):
            case 0:
                return f"{base} + 1"
            case 1:
                return f"{base} * {self.operand(names, kind)}"
            case 2:
                return f"{base} - {self.operand(names, kind)}"
        return base

    def comparison(self, names: Names, own: dict[str, str]) -> str:
        """A boolean expression; `own` are the fields of the pattern it stands in."""
        fields = list(own) or self.references(names, list(VALUES))
        if not fields:
            return "1 < 2"
        left = self.pick(*fields)
        kind = own.get(left) or self.kind_of(left, names)
        if kind in ("reference", "required"):
            return self.reference(left, kind, names)
        simple = self.templates is NESTED and self.chance(70)
        match 11 if simple else self.draw(st.integers(0, 11)):
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
            case 10 if kind != "bit":
                return f"{left} == {self.operand(names, 'any')}"
        return f"{left} == {self.operand(names, kind)}"

    def kind_of(self, reference: str, names: Names) -> str:
        if reference in names.values:
            return names.values[reference]
        fact = next(fact for fact in names.facts if reference.startswith(f"{fact}."))
        template, path = names.facts[fact], reference[len(fact) + 1 :].split(".")
        for name in path[:-1]:
            assert self.templates[template][name] == "required"
            template = "A"
        return self.templates[template][path[-1]]

    # -- conditions ----------------------------------------------------------------------------

    def pattern(
        self, names: Names, named: bool, given: tuple[str, str] | None = None, also: str = ""
    ) -> str:
        """`[x :=] T(…)`; what it binds comes into `names`.

        `given` are its name and template, `also` is an argument.
        """
        self.patterns += 1
        name = self.new("p") if named else None
        template = self.pick("A", *self.templates)
        if given is not None:
            name, template = given
        own = self.templates[template]
        arguments = [also] if also else []
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
                    arguments.append(f"{variable} := n + {self.operand(earlier, self.number_kind)}")
                    bound[variable] = self.number_kind
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
        nested = self.templates is NESTED
        for _ in range(2 if nested else self.draw(st.integers(1, 3))):
            match self.draw(st.integers(0, 17 if nested else 12)):
                case 5 | 14 if depth < 2:
                    parts.append(self.alternatives(inner))
                case 6 | 15 if depth < 2:
                    parts.append(self.every(inner, depth + 1))
                case 9 | 17 if depth < 2:
                    parts.append(accumulate(self, inner, depth + 1))
                case 0 | 1 | 10 | 12 | 13 if depth < 2:
                    word = self.pick("not", "not", "exists")
                    parts.append(f"{word} {self.group(inner, depth + 1)}")
                case 2:
                    parts.append(f"test ({self.comparison(inner, {})})")
                case 3:
                    value = self.number(inner)
                    variable = self.new("v")
                    parts.append(f"{variable} := {value}")
                    inner.values[variable] = self.number_kind
                case 4 if depth < 2:
                    parts.append(self.each(inner))
                case _:
                    parts.append(self.pattern(inner, self.chance(60)))
        if len(parts) == 1 and not parts[0].startswith("for") and self.chance(80):
            return parts[0]
        return f"({' and '.join(parts)})"

    def alternatives(self, names: Names, tag: str | None = None) -> str:
        """`(C or D …)`; what the branches share comes into `names`.

        `tag` is a variable that tells the branches apart.
        """
        fact = (self.new("p"), self.pick("A", *self.templates))
        value = self.new("v")
        shares = self.pick("fact", "value", "value", "nothing")
        branches: list[str] = []
        for number in range(self.draw(st.integers(2, 3))):
            inner = names.copy()
            parts = [f"{tag} := {number}"] if tag else []
            if self.chance(30):
                word = self.pick("not", "exists")
                parts.append(f"{word} {self.pattern(inner.copy(), False)}")
            if shares == "fact":
                parts.append(self.pattern(inner, True, given=fact))
            elif shares == "value" and self.chance(50):
                parts.append(self.pattern(inner, False, also=f"{value} := n"))
            elif shares == "value":
                parts.append(f"{value} := {self.number(inner)}")
            elif self.chance(50):
                parts.append(self.pattern(inner, self.chance(50)))
            else:
                parts.append(f"not {self.group(inner, 2)}")
            self.draw(st.randoms(use_true_random=False)).shuffle(parts)
            branches.append(parts[0] if len(parts) == 1 else f"({' and '.join(parts)})")
        if shares == "fact":
            names.facts[fact[0]] = fact[1]
        elif shares == "value":
            names.values[value] = self.number_kind
        if tag:
            names.values[tag] = self.number_kind
        return f"({' or '.join(branches)})"

    def every(self, names: Names, depth: int) -> str:
        """`forall (C, D, …)`."""
        inner = names.copy()
        first = self.pick("pattern", "pattern", "or")
        operands = [self.pattern(inner, True) if first == "pattern" else self.alternatives(inner)]
        for _ in range(self.draw(st.integers(1, 2))):
            if self.chance(70):
                operands.append(self.pattern(inner, self.chance(50)))
            else:
                operands.append(f"not {self.group(inner, depth + 1)}")
        return f"forall ({', '.join(operands)})"

    def each(self, names: Names) -> str:
        """`for v in …`."""
        lists = [*self.references(names, ["list"]), "[0, 1]", "[1, 1]", "{2, 0}"]
        source = self.pick(*lists)
        variable = self.new("v")
        names.values[variable] = "any"
        return f"for {variable} in {source}"

    def condition(self, names: Names) -> str:
        """One line of the `when`."""
        asked = [
            query
            for query in self.queries
            if not (query.has_alternatives and self.has_alternatives) and self.can_ask(names, query)
        ]
        if asked and self.chance(35):
            return self.query(names, self.draw(st.sampled_from(asked)))
        if self.templates is NESTED and self.chance(50):
            return f"{self.pick('not', 'exists')} {self.group(names, 0)}"
        match self.draw(st.integers(0, 18 + ACCUMULATES)):
            case drawn if drawn > 18:
                return accumulate(self, names, 0)
            case 16:
                return self.every(names, 0)
            case 17 | 18 if not self.has_alternatives:
                # Matches with the same facts in other places would look alike.
                self.has_alternatives = True
                return self.alternatives(names, self.new("v"))
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
                names.values[variable] = self.number_kind
                return f"{variable} := {value}"
            case 8:
                return self.each(names)
            case 9:
                return f"({self.pattern(names, True)} and {self.pattern(names, True)})"
        # With a name, so that two matches with the same facts in other places look unlike.
        return self.pattern(names, True)

    def argument(self, names: Names, kind: str) -> str:
        """An argument for a parameter; for a reference, often a fact."""
        facts = [fact for fact, template in names.facts.items() if template == "A"]
        if kind in ("reference", "required") and facts and self.chance(60):
            return self.pick(*facts)
        if kind == "required":  # there is no constant for it
            return self.pick(*facts, *self.references(names, ["required"]))
        return self.operand(names, kind)

    def can_ask(self, names: Names, asked: QueryText) -> bool:
        """Whether there is something for each parameter."""
        if "required" not in asked.parameters.values():
            return True
        return "A" in names.facts.values() or bool(self.references(names, ["required"]))

    def query(self, names: Names, asked: QueryText) -> str:
        """`[m :=] q(…)`, or within a `not` or `exists`."""
        self.has_alternatives = self.has_alternatives or asked.has_alternatives
        arguments = [self.argument(names, kind) for kind in asked.parameters.values()]
        if len(arguments) == 1 and asked.number and self.chance(30):
            arguments = [self.number(names)]
        if self.chance(20):
            listed = zip(asked.parameters, arguments, strict=True)
            arguments = [f"{name} = {value}" for name, value in listed]
        call = f"{asked.name}({', '.join(arguments)})"
        if self.chance(30):
            return f"{self.pick('not', 'not', 'exists')} {call}"
        if self.chance(15):
            return f"not ({self.pattern(names.copy(), True)} and {call})"
        variable = self.new("m")
        names.facts.update({f"{variable}.{n}": t for n, t in asked.names.facts.items()})
        names.values.update({f"{variable}.{n}": k for n, k in asked.names.values.items()})
        return f"{variable} := {call}"

    # -- actions -------------------------------------------------------------------------------

    def logical(self) -> str:
        """Whether an insert is logical."""
        return "logical " if self.chance(self.derives) else ""

    def fields(self, template: str, names: Names, least: int) -> str:
        """`f = e, …`; `least` fields, those that need a value first."""
        own = self.templates[template]
        chosen = list(own)[:least]
        holds = any(f[0] == "p" and names.facts[f] == "A" for f in names.facts)
        if least > 1:
            chosen += [name for name in own if own[name] == "required"]
        chosen += [
            name
            for name in own
            if name not in chosen and self.chance(30) and (holds or own[name] != "required")
        ]
        given = []
        for name in chosen:
            kind = own[name]
            if kind in ("reference", "required"):
                facts = [f for f in names.facts if f[0] == "p" and names.facts[f] == "A"]
                if kind == "reference":
                    facts.append("none")
                given.append(f"{name} = {self.pick(*facts)}")
                continue
            plain = kind != self.number_kind
            value = self.operand(names, kind) if plain else self.number(names)
            given.append(f"{name} = {value}")
        return ", ".join(given)

    def new_template(self, names: Names) -> str:
        """A template of which an action can insert a fact."""
        if self.templates is not LINKED:
            return self.pick(*self.templates)
        holds = any(f[0] == "p" and names.facts[f] == "A" for f in names.facts)
        return self.pick("A", "B") if holds else "A"

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
                template = self.new_template(names)
                return [f"insert {self.logical()}{template}({self.fields(template, names, 2)})"]
            case 5:
                template = self.new_template(names)
                fact = self.new("w")
                given = self.fields(template, names, 2)
                names.facts[fact] = template
                return [f"{fact} := insert {self.logical()}{template}({given})"]
            case 6 if depth == 0 and self.references(names, [self.number_kind]):
                condition = self.comparison(names, {})
                inside = [f"    {line}" for line in self.action(names.copy(), 1)]
                return [f"if {condition}", *inside, "end"]
            case 7 if self.keyed:
                return [f"upsert A({self.fields('A', names, 2)})"]
            case 8 if facts:
                # The variable keeps the match's value, the field shows the pending one.
                fact = self.pick(*facts)
                return [f"modify {fact}(n = {fact}.n + 1)", f"emit {fact}.n"]
            case 9 if self.templates is not RICH:
                # (Which error of several a query meets first, it does not say.)
                asked = [query for query in self.queries if self.can_ask(names, query)]
                if asked:
                    return self.ask(names, self.draw(st.sampled_from(asked)))
        return [f"emit {self.number(names)}"]

    def ask(self, names: Names, asked: QueryText) -> list[str]:
        """`for m in q(…)`, and how many there are."""
        arguments = [self.argument(names, kind) for kind in asked.parameters.values()]
        call = f"{asked.name}({', '.join(arguments)})"
        variable = self.new("m")
        held = [f"{variable}.{name}" for name in (*asked.names.facts, *asked.names.values)]
        lines = [f"emit {name}" for name in held]
        lines += [f"modify {variable}.{name}(n = 1)" for name in asked.names.facts][:1]
        return [
            f"emit len({call})",
            f"for {variable} in {call}",
            *(f"    {line}" for line in lines or ["emit 0"]),
            "end",
        ]

    # -- the whole -----------------------------------------------------------------------------

    def groups(self) -> list[str]:
        """What the rule says of groups and of its days."""
        lines = [f'group "{self.pick(*GROUPS)}"'] if self.chance(70) else []
        if self.chance(35):
            lines.append("auto_focus")
        if self.chance(25):
            lines.append(f'activation_group "{self.pick("x", "y")}"')
        if self.chance(40):
            lines.append("lock_on_active")
        if self.chance(15):
            days = ('"2026-01-02"', '"2026-01-02" to "2026-01-02"', 'to "2026-01-02"')
            lines.append(f"effective {self.pick(*days)}")
        return [f"    {line}" for line in lines]

    def text(self, silent: bool) -> str:
        """The rule."""
        names = Names()
        conditions = [self.condition(names) for _ in range(self.draw(st.integers(1, 4)))]
        lines = [f'rule "{self.name}"']
        numbers = self.references(names, [self.number_kind])
        if self.chance(25):
            lines.append(f"    salience {self.pick('1', '-1', '10')}")
        elif numbers and self.chance(25):
            lines.append(f"    salience {self.pick(*numbers)}{self.pick('', ' * -1')}")
        if self.chance(15):
            lines.append("    no_loop")
        if self.grouped:
            lines += self.groups()
        lines += ["when", *(f"    {line}" for line in conditions), "then"]
        if not silent:
            for _ in range(self.draw(st.integers(0, 2))):
                lines += [f"    {line}" for line in self.action(names)]
            if self.grouped and self.chance(40):
                lines.append(f'    focus "{self.pick(*GROUPS)}"')
        return "\n".join([*lines, "end"])


@dataclass
class QueryText:
    """A query, with what its answers have."""

    name: str
    parameters: dict[str, str]  # the kind of each
    number: bool  # whether the only parameter is a number
    names: Names
    has_alternatives: bool
    text: str


#: How the kinds of parameters are declared.
TYPES = {
    "bit": "int",
    "int": "int",
    "maybe": "int?",
    "any": "any",
    "float": "float",
    "str": "str",
    "reference": "A?",
    "required": "A",
}


def query_text(draw: st.DrawFn, name: str, fields: Fields, earlier: list[QueryText]) -> QueryText:
    """Write a query, which may ask earlier ones."""
    writer = RuleText(draw, name, fields, False, False, 0, earlier)
    kinds = ["int", "maybe", "any", "float", "str"] if fields is RICH else ["bit"]
    if fields is LINKED:
        kinds += ["reference", "required"]
    parameters = {
        f"{name}_{letter}": writer.pick(*kinds) for letter in "ab"[: draw(st.integers(0, 2))]
    }
    names = Names(values=dict(parameters))
    conditions = [writer.condition(names) for _ in range(draw(st.integers(1, 3)))]
    listed = ", ".join(f"{parameter}: {TYPES[kind]}" for parameter, kind in parameters.items())
    lines = [f"query {name}({listed})", *(f"    {line}" for line in conditions), "end"]
    # What an answer has of other answers is reached through those.
    facts = dict(names.facts)
    values = {n: kind for n, kind in names.values.items() if n not in parameters}
    number = list(parameters.values()) == [writer.number_kind]
    held = Names(facts, values)
    return QueryText(name, parameters, number, held, writer.has_alternatives, "\n".join(lines))


#: How many of so many and 16 lines of a `when` are accumulates.
ACCUMULATES = 4

#: The kinds of values that accumulators are given.
SUMMED = ["bit", "int", "maybe", "float", "any"]
COMPARED = ["bit", "int", "maybe", "float", "str", "any", "list"]


def accumulate(writer: RuleText, names: Names, depth: int) -> str:
    """`[v :=] sum(e for C by g := k)`."""
    inner = names.copy()
    parts = [writer.pattern(inner, True)]
    fact = list(inner.facts)[-1]
    own = writer.templates[inner.facts[fact]]
    for _ in range(writer.draw(st.integers(0, 2)) if depth < 2 and writer.chance(40) else 0):
        match writer.draw(st.integers(0, 6)):
            case 6 if writer.templates is not LINKED:  # its optional references are ones
                parts.append(writer.alternatives(inner))
            case 0 | 1:
                parts.append(f"not {writer.group(inner, depth + 1)}")
            case 2:
                parts.append(writer.each(inner))
            case 3:
                parts.append(f"test ({writer.comparison(inner, {})})")
            case 4:
                parts.append(accumulate(writer, inner, depth + 2))
            case _:
                parts.append(writer.pattern(inner, True))
    single = len(parts) == 1
    source = parts[0] if single else f"({' and '.join(parts)})"
    by = ""
    groups = [name for name, kind in own.items() if kind in ("bit", "int", "str", "maybe")]
    if depth < 2 and writer.chance(35):
        variable = writer.new("g")
        chosen = writer.pick(*groups)
        by = f" by {variable} := {fact}.{chosen}"
        names.values[variable] = own[chosen]
    function = writer.pick("count", "sum", "sum", "avg", "min", "max", "collect", "collect_set")
    kinds = SUMMED if function in ("sum", "avg") else COMPARED
    values = [name for name, kind in own.items() if kind in kinds]
    if function == "collect_set":  # of a list's type it would be refused
        values = [name for name in values if own[name] != "list"]
    chosen = writer.pick(*values)
    kind = own[chosen]
    value = chosen if single and writer.chance(50) else f"{fact}.{chosen}"
    body = f"{value} for {source}{by}"
    if function == "count" and writer.chance(70):
        body = f"({parts[0]}){by}" if single and by else f"{source}{by}"
    elif function == "collect" and writer.chance(20):
        body, kind = f"{fact} for {source}{by}", "fact"
    if writer.chance(10):
        return f"{function}({body})"
    variable = writer.new("v")
    match function:
        case "count":
            names.values[variable] = writer.number_kind
        case "avg":
            names.values[variable] = "any" if kind == "any" else "float"
        case "collect" if kind != "fact":
            names.values[variable] = "list"
        case "sum" | "min" | "max":
            names.values[variable] = writer.number_kind if kind == "maybe" else kind
    return f"{variable} := {function}({body})"


RICH_TEMPLATES = """\
template A{a}
    n: int
    s: str
    k: int? = none
end
template B{b}
    n: int
    f: float
    x: any = 1
end
template C extends A
    l: list = [0, 1]
end
open template E
    n: int
end
"""

DENSE_TEMPLATES = """\
template A
    n: int
    m: int
end
template B
    n: int
    m: int
end
"""


LINKED_TEMPLATES = """\
template A
    n: int
    m: int
    r: A? = none
end
template B
    n: int
    m: int
    a: A
end
"""


NESTED_TEMPLATES = """\
template A
    n: int
    m: int
end
"""


def values(kind: str) -> st.SearchStrategy[object]:
    return st.sampled_from(VALUES[kind])


class Strategies:
    """Rule sets and scripts over some templates."""

    def __init__(self, fields: Fields, grouped: bool = False, derives: int = 0) -> None:
        self.fields = fields
        self.grouped = grouped  # whether there are agenda groups
        self.derives = derives
        self.changes: st.SearchStrategy[Operation] = st.one_of(
            self.inserts(), self.modifies(), self.modifies(), retracts
        )

    def programs(self, silent: bool = False, asking: bool = False) -> st.SearchStrategy[str]:
        """The text of a rule set; with `silent`, its rules change nothing.

        With `asking` it has queries, which rules ask.
        """
        return programs_over(self.fields, silent, self.grouped, self.derives, asking)

    def rows(self, template: str) -> st.SearchStrategy[dict[str, object]]:
        """The fields of a fact; those with a default may be left out."""
        own = {name: values(kind) for name, kind in self.fields[template].items()}
        names = list(own)
        least = 1 if template == "E" else 2
        if "required" in self.fields[template].values():
            least = len(names)
        return st.fixed_dictionaries(
            {name: own[name] for name in names[:least]},
            optional={name: own[name] for name in names[least:]},
        )

    def many_rows(self) -> st.SearchStrategy[tuple[str, list[dict[str, object]]]]:
        """Rows of one template."""
        return self.template().flatmap(
            lambda t: st.tuples(st.just(t), st.lists(self.rows(t), max_size=6))
        )

    def template(self) -> st.SearchStrategy[str]:
        return st.sampled_from(list(self.fields))

    def inserts(self) -> st.SearchStrategy[Operation]:
        return self.template().flatmap(
            lambda t: st.tuples(st.just("insert"), st.just(t), self.rows(t))
        )

    def modifies(self) -> st.SearchStrategy[Operation]:
        """Some fields; the ones that the fact does not have are dropped when it is made."""
        kinds = {name: kind for own in self.fields.values() for name, kind in own.items()}
        given = st.dictionaries(st.sampled_from(list(kinds)), st.none(), min_size=1, max_size=2)
        filled = given.flatmap(
            lambda names: st.fixed_dictionaries({name: values(kinds[name]) for name in names})
        )
        return st.tuples(st.just("modify"), st.integers(0, 7), filled)

    def operations(self) -> st.SearchStrategy[Operation]:
        """One operation of a script."""
        if self.grouped:
            return st.one_of(
                self.changes,
                self.changes,
                st.just(("step",)),
                st.tuples(st.just("run"), st.integers(1, 4)),
                st.tuples(st.just("focus"), st.sampled_from(GROUPS)),
                st.tuples(st.just("switch"), st.integers(0, 3)),
                st.tuples(st.just("day"), st.integers(1, 3)),
            )
        return st.one_of(
            self.changes,
            self.changes,
            self.changes,
            st.just(("step",)),
            st.tuples(st.just("run"), st.integers(1, 4)),
            self.many_rows().map(lambda many: ("insert_many", many[0], many[1][:3])),
            st.tuples(st.just("batch"), st.lists(self.changes, max_size=3)),
        )

    def scripts(
        self, most: int = 12, asking: Sequence[str] = ()
    ) -> st.SearchStrategy[list[Operation]]:
        """A script: inserts at first, so that there is something to match.

        `asking` are further operations: `ask` asks a query, `listen` goes on asking it.
        """
        further = self.operations()
        if asking:
            given = st.lists(st.integers(0, 6), min_size=2, max_size=2)
            questions = st.tuples(st.sampled_from(asking), st.integers(0, 1), given)
            further = st.one_of(further, further, questions)
        return st.tuples(
            st.lists(self.inserts(), min_size=1, max_size=5), st.lists(further, max_size=most)
        ).map(lambda parts: [*parts[0], *parts[1]])


@st.composite
def programs_over(
    draw: st.DrawFn, fields: Fields, silent: bool, grouped: bool, derives: int, asking: bool
) -> str:
    keyed = fields is RICH and draw(st.integers(0, 5)) == 5
    unique = fields is RICH and draw(st.integers(0, 5)) == 5
    templates = DENSE_TEMPLATES if fields is DENSE else NESTED_TEMPLATES
    if fields is LINKED:
        templates = LINKED_TEMPLATES
    if fields is RICH:
        templates = RICH_TEMPLATES.format(
            a=" key(n, s)" if keyed else "", b=" unique" if unique else ""
        )
    queries: list[QueryText] = []
    for number in range(draw(st.integers(0, 2)) if asking else 0):
        queries.append(query_text(draw, f"q{number}", fields, queries))
    count = 1 if fields is NESTED else draw(st.integers(1, 5 if grouped else 3))
    rules = [
        RuleText(draw, f"r{i}", fields, keyed, grouped, derives, queries).text(silent)
        for i in range(count)
    ]
    return templates + "\n".join([*(query.text for query in queries), *rules]) + "\n"


retracts: st.SearchStrategy[Operation] = st.tuples(st.just("retract"), st.integers(0, 7))
rich = Strategies(RICH)
dense = Strategies(DENSE)
nested = Strategies(NESTED)
rich_derived = Strategies(RICH, derives=50)
linked = Strategies(LINKED)
grouped = Strategies(DENSE, grouped=True, derives=20)

strategies = st.sampled_from(["depth", "breadth", "lex", "mea", "simplicity", "complexity",
                              "random"])  # fmt: skip
