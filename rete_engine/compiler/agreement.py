"""A template that a text and a Python class both declare: one template, if they agree.

Fields and their types must be the same; their order need not be. What only one of them says
holds for both: a key, `unique`, a default, a field's values. A default that both give is the
text's (an object brings all its values along, so it matters to facts made by name alone).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rete_engine.compiler.declared import Reports
from rete_engine.diagnostics.diagnostic import Note
from rete_engine.expressions.types import Type
from rete_engine.expressions.values import equal
from rete_engine.model.declarations import FieldDeclaration, TemplateDeclaration
from rete_engine.network.templates import FieldSpec


def merged(text: TemplateDeclaration, made: TemplateDeclaration) -> TemplateDeclaration:
    """The declaration of a text, with what only the class says."""
    of_class = {field.name: field for field in made.fields}
    return replace(
        text,
        key=made.key if text.key is None else text.key,
        unique=text.unique or made.unique,
        fields=tuple(_merged_field(field, of_class.get(field.name)) for field in text.fields),
        python_class=made.python_class,
    )


def _merged_field(field: FieldDeclaration, other: FieldDeclaration | None) -> FieldDeclaration:
    if other is None or other.type.name != field.type.name:
        return field
    values = other.values if field.values is None else field.values
    if field.default is not None:
        return replace(field, values=values)
    return replace(field, values=values, default=other.default, factory=other.factory)


def check(
    text: TemplateDeclaration,
    made: TemplateDeclaration,
    fields: Sequence[FieldSpec],
    of_class: Sequence[FieldSpec],
    reports: Reports,
) -> None:
    """Report what text and class say differently; the fields are given with their types."""
    here = {field.name: field for field in fields}
    there = {field.name: field for field in of_class}
    problems: list[str] = []
    for name, field in here.items():
        other = there.get(name)
        if other is None:
            problems.append(f"the class has no field '{name}'")
        elif not _same(field.type, other.type):
            problems.append(f"'{name}' is {field.type} here and {other.type} in the class")
        elif not _same_values(field.allowed, other.allowed):
            problems.append(f"'{name}' may have other values in the class")
    problems += [f"'{name}' of the class is missing here" for name in there if name not in here]
    if made.key is not None and text.key is not None and set(made.key) != set(text.key):
        keys = f"({', '.join(text.key)}) here and ({', '.join(made.key)}) in the class"
        problems.append(f"the key is {keys}")
    if not problems:
        return
    cls = made.python_class
    assert cls is not None
    listed = ", ".join(f"{field.name}: {field.type}" for field in of_class) or "no fields"
    name = f"{cls.__module__}.{cls.__qualname__}"
    reports.error(
        "RE0105",
        f"'{text.name}' is declared here and by a Python class that does not agree:"
        f" {'; '.join(problems)}",
        text.name_span,
        "make them the same, or leave the template out of the text: the class declares it",
        Note(f"the class {name} has {listed}", made.span),
    )


def _same(one: Type, other: Type) -> bool:
    """Whether two types agree; `any` says nothing, nor does a collection without its items'."""
    if "any" in (one.name, other.name):
        return True
    if one.name != other.name or one.optional != other.optional:
        return False
    if not one.arguments or not other.arguments:
        return True
    return all(_same(a, b) for a, b in zip(one.arguments, other.arguments, strict=True))


def _same_values(one: tuple[object, ...] | None, other: tuple[object, ...] | None) -> bool:
    """Whether two fields may have the same values; one of them may leave them open."""
    if one is None or other is None:
        return True
    if len(one) != len(other):
        return False
    return all(any(equal(value, option) for option in other) for value in one)
