"""A rule set as CLIPS text, where both languages can say the same.

Every slot of a pattern is bound to a variable, `?x_n` for the field `n` of the pattern `x`.
"""

from __future__ import annotations

from rete_engine.expressions import tree
from rete_engine.model import actions as model
from tests.reference.program import Program, Rule

COMPARISONS = {"==": "eq", "!=": "neq", "<": "<", "<=": "<=", ">": ">", ">=": ">="}


class InexpressibleError(Exception):
    """CLIPS cannot say this, or says another thing by it."""


def clips_text(program: Program) -> list[str]:
    """The constructs of a rule set, in order."""
    templates = [
        f"(deftemplate {template.name} {' '.join(f'(slot {name})' for name in template.fields)})"
        for template in program.templates.values()
    ]
    return [*templates, *(RuleText(program, rule).text() for rule in program.rules)]


class RuleText:
    """Writes one rule."""

    def __init__(self, program: Program, rule: Rule) -> None:
        self.program = program
        self.rule = rule
        self.unnamed = 0
        # What a name stands for: a variable of CLIPS, or an expression.
        self.names: dict[str, str] = {}
        self.templates: dict[str, str] = {}  # of the variables that are facts

    def text(self) -> str:
        """The `defrule`."""
        declaration = self.rule.declaration
        conditions = [self.condition(node, is_outer=True) for node in declaration.when]
        inserts = [each for each in declaration.then if isinstance(each, model.InsertAction)]
        if any(each.logical for each in inserts):
            if not all(isinstance(each, model.InsertAction) for each in declaration.then):
                raise InexpressibleError("in CLIPS all that such a rule asserts is logical")
            conditions = [f"(logical {' '.join(conditions)})"]
        salience = declaration.attributes.salience
        declared = f"(declare (salience {self.value(salience)}))" if salience is not None else ""
        actions = [self.action(each) for each in declaration.then]
        parts = [f"(defrule {self.rule.name}", declared, *conditions, "=>", *actions]
        return "\n  ".join(part for part in parts if part) + ")"

    # -- conditions ----------------------------------------------------------------------------

    def condition(self, node: tree.Expression, is_outer: bool = False) -> str:
        """A conditional element; only an outer one may name its fact."""
        match node:
            case tree.Bind(value=tree.Call() as call) if self.program.is_pattern(call):
                pattern = self.pattern(call, node.name)
                return f"?{node.name} <- {pattern}" if is_outer else pattern
            case tree.Call() if self.program.is_pattern(node):
                self.unnamed += 1
                return self.pattern(node, f"u{self.unnamed}")
            case tree.Bind():
                self.names[node.name] = self.value(node.value)
                return ""
            case tree.TestForm():
                return f"(test {self.value(node.value)})"
            case tree.Not():
                return self.inner("not", [node.operand])
            case tree.ExistsForm():
                return self.inner("exists", [node.operand])
            case tree.ForallForm():
                return self.inner("forall", list(node.operands))
            case tree.And():
                return f"(and {' '.join(map(self.condition, node.operands))})"
            case tree.Or():
                return self.alternatives(node)
        raise InexpressibleError(type(node).__name__)

    def inner(self, word: str, operands: list[tree.Expression]) -> str:
        """A condition whose variables stay inside."""
        names, templates = dict(self.names), dict(self.templates)
        parts = list(map(self.condition, operands))
        self.names, self.templates = names, templates
        return f"({word} {' '.join(parts)})"

    def alternatives(self, node: tree.Or) -> str:
        """`(or …)` of patterns that bind one name: the same variables of CLIPS in each."""
        names = {each.name for each in node.operands if isinstance(each, tree.Bind)}
        if len(names) != 1:
            raise InexpressibleError("alternatives that bind different variables")
        return f"(or {' '.join(self.condition(each, True) for each in node.operands)})"

    def pattern(self, node: tree.Call, name: str) -> str:
        """`(T (n ?x_n) (m ?x_m&:(< ?x_m ?x_n)))`."""
        template = self.program.template_of(node)
        own = {field: f"?{name}_{field}" for field in template.fields}
        constraints: dict[str, list[str]] = {field: [own[field]] for field in own}
        outer = self.names
        self.names = {**outer, **own}
        for argument in node.arguments:
            if argument.binds:
                assert argument.name is not None
                self.names[argument.name] = self.value(argument.value)
                continue
            field, constraint = self.constraint(argument.value, own)
            constraints[field].append(constraint)
        bound = {a.name: self.names[a.name] for a in node.arguments if a.binds and a.name}
        self.names = {**outer, **bound, **{f"{name}.{field}": own[field] for field in own}}
        self.templates[name] = template.name
        slots = [f"({field} {'&'.join(constraints[field])})" for field in own]
        return f"({template.name} {' '.join(slots)})"

    def constraint(self, node: tree.Expression, own: dict[str, str]) -> tuple[str, str]:
        """A field of the pattern, and what is asked of it there."""
        last = list(own)[-1]  # behind which all of them are bound
        match node:
            case tree.Compare(tree.Name(name=name), (("==" | "!=" as operator, right),)):
                value = self.value(right)
                if name in own and not value.startswith("("):
                    return name, value if operator == "==" else f"~{value}"
        return last, f":{self.value(node)}"

    # -- values --------------------------------------------------------------------------------

    def value(self, node: tree.Expression) -> str:
        """An expression."""
        match node:
            case tree.Constant(value=bool()):
                raise InexpressibleError("a truth value")
            case tree.Constant(value=int() as number):
                return str(number)
            case tree.Constant(value=str() as string):
                return f'"{string}"'
            case tree.Name():
                return self.names[node.name]
            case tree.Attribute(target=tree.Name() as target):
                return self.names[f"{target.name}.{node.name}"]
            case tree.Unary(operator="-"):
                return f"(- 0 {self.value(node.operand)})"
            case tree.Binary(operator="+" | "-" | "*"):
                return f"({node.operator} {self.value(node.left)} {self.value(node.right)})"
            case tree.Compare(rest=((operator, right),)) if operator in COMPARISONS:
                return f"({COMPARISONS[operator]} {self.value(node.first)} {self.value(right)})"
            case tree.Compare(rest=(("in", tree.ListDisplay() as listed),)):
                value = self.value(node.first)
                return f"(or {' '.join(f'(eq {value} {self.value(e)})' for e in listed.items)})"
            case tree.And() | tree.Or():
                word = "and" if isinstance(node, tree.And) else "or"
                return f"({word} {' '.join(map(self.value, node.operands))})"
            case tree.Not():
                return f"(not {self.value(node.operand)})"
        raise InexpressibleError(type(node).__name__)

    # -- actions -------------------------------------------------------------------------------

    def action(self, node: model.Action) -> str:
        """A statement; one that would read what an earlier one changed is refused."""
        match node:
            case model.InsertAction():
                template = self.program.template_of(node.fact)
                return f"(assert ({template.name} {self.slots(node.fact.arguments)}))"
            case model.ModifyAction(target=tree.Name() as target):
                text = f"(modify ?{target.name} {self.slots(node.arguments)})"
                # In CLIPS a variable keeps the value of the match; here `x.f` shows the new one.
                self.names = {
                    name: value
                    for name, value in self.names.items()
                    if not name.startswith(f"{target.name}.")
                }
                return text
            case model.RetractAction():
                targets = [each for each in node.targets if isinstance(each, tree.Name)]
                return f"(retract {' '.join(f'?{each.name}' for each in targets)})"
            case model.EmitAction():
                return f"(emit {self.value(node.value)})"
        raise InexpressibleError(type(node).__name__)

    def slots(self, arguments: tuple[tree.Argument, ...]) -> str:
        """`(n 1) (m ?x_n)`."""
        return " ".join(f"({each.name} {self.value(each.value)})" for each in arguments)
