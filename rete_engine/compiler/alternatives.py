"""The variables of an `or`: those that every branch binds, with one type, can be used behind it."""

from __future__ import annotations

from dataclasses import dataclass

from rete_engine.compiler.scope import Answers, RuleNames, Variable
from rete_engine.expressions import tree
from rete_engine.expressions.types import ANY, Type
from rete_engine.model.rules import Branch, Condition


@dataclass
class ReadBranch:
    """A branch with what it binds."""

    node: tree.Expression
    conditions: tuple[Condition, ...]
    variables: dict[str, Variable]


def merge(branches: list[ReadBranch], names: RuleNames) -> tuple[Branch, ...]:
    """Make the variables of the branches visible, as far as they agree.

    One that is missing in a branch, or is of another type in it, is reported when it is used.
    """
    meanings: list[list[tuple[int, tree.Expression]]] = [[] for _ in branches]
    for name in dict.fromkeys(name for branch in branches for name in branch.variables):
        bound = [branch.variables.get(name) for branch in branches]
        problem = _problem(name, branches, bound)
        parts = tuple(part for part in bound if part is not None)
        names.scopes[-1][name] = _merged(name, parts, problem, meanings, names)
    return tuple(
        Branch(branch.conditions, tuple(found))
        for branch, found in zip(branches, meanings, strict=True)
    )


def _merged(
    name: str,
    parts: tuple[Variable, ...],
    problem: str | None,
    meanings: list[list[tuple[int, tree.Expression]]],
    names: RuleNames,
) -> Variable:
    """The variable that those of the branches are; what it means in each joins `meanings`."""
    names.named_fields.extend(part.alias for part in parts if part.alias is not None)
    type = parts[0].type if problem is None else ANY
    for part in parts:
        type = _common(type, part.type) or ANY
    is_fact = problem is None and all(part.slot.is_fact for part in parts)
    slot = names.new_slot(name, type, is_fact=is_fact)
    answers = [
        names.answers[part.slot.number] for part in parts if part.slot.number in names.answers
    ]
    if problem is None and len(answers) == len(parts):  # answers of one query, by its variables
        variables = {
            each: _merged(
                f"{name}.{each}", tuple(a.variables[each] for a in answers), None, meanings, names
            )
            for each in answers[0].variables
        }
        names.answers[slot.number] = Answers(answers[0].query, variables)
    elif problem is None:
        for found, part in zip(meanings, parts, strict=True):
            found.append((slot.number, part.reference(name)))
    return Variable(slot, parts[0].span, each=parts[0].each, parts=parts, problem=problem)


def _problem(name: str, branches: list[ReadBranch], bound: list[Variable | None]) -> str | None:
    """Why a variable cannot be used behind the `or`; None where it can."""
    for branch, variable in zip(branches, bound, strict=True):
        if variable is None or variable.problem is not None:
            return f"'{name}' is not bound by the alternative {_shown(branch)}"
    types = [variable.type for variable in bound if variable is not None]
    for branch, type in zip(branches, types, strict=True):
        if _common(types[0], type) is None:
            return (
                f"'{name}' is of type {types[0]} in the alternative {_shown(branches[0])},"
                f" but of type {type} in {_shown(branch)}"
            )
    return None


def _common(first: Type, second: Type) -> Type | None:
    """The type of a variable that is of one of two types; None where they are too unlike."""
    if "any" in (first.name, second.name):
        return Type("any", (), first.optional or second.optional)
    if second.name == "none":
        first, second = second, first
    if first.name == "none":
        return second if second.name == "none" else Type(second.name, second.arguments, True)
    if first.name != second.name:
        return None
    arguments = first.arguments if first.arguments == second.arguments else ()
    return Type(first.name, arguments, first.optional or second.optional)


def _shown(branch: ReadBranch) -> str:
    """A branch for a message, with its line."""
    text = " ".join(branch.node.span.text.split())
    text = text if len(text) <= 50 else text[:47] + "…"
    return f"'{text}' (line {branch.node.span.line})"
