"""Before planning: which fields rules themselves change.

A pattern that watches such a field and has no key with the rest of its rule holds control facts
(a phase, a counter). The planner joins it last, so that a change of phase costs what it brings
about and does not rebuild the joins behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from rete_engine.expressions import tree
from rete_engine.model.actions import Action, ForAction, IfAction, ModifyAction, UpsertAction
from rete_engine.model.declarations import RuleDeclaration
from rete_engine.network.templates import TemplateSpec

#: Names of fields by the name of the template that patterns speak of.
Volatile = Mapping[str, frozenset[str]]


def volatile_fields(
    rules: Iterable[RuleDeclaration], templates: Mapping[str, TemplateSpec]
) -> Volatile:
    """The fields that actions of the rules change, for each template.

    It is read off the text, before names are resolved: a fact whose template cannot be told
    (one that a loop or a reference gives) may be of any template that has the field.
    """
    changed: dict[str, set[str]] = {}
    anywhere: set[str] = set()
    for rule in rules:
        bound = {name: called for e in rule.when for name, called in _patterns(e)}
        for action in all_actions(rule.then):
            if isinstance(action, UpsertAction):
                target, arguments = _called(action.fact), action.fact.arguments
            elif isinstance(action, ModifyAction):
                name = action.target.name if isinstance(action.target, tree.Name) else ""
                target, arguments = bound.get(name), action.arguments
            else:
                continue
            fields = {argument.name for argument in arguments if argument.name is not None}
            if target is not None and target in templates:
                changed.setdefault(target, set()).update(fields)
            else:
                anywhere |= fields
    if not changed and not anywhere:
        return {}
    found: dict[str, frozenset[str]] = {}
    for name, spec in templates.items():
        fields = set(anywhere)
        for other, names in changed.items():
            if other in spec.ancestors or name in templates[other].ancestors:
                fields |= names
        found[name] = frozenset(fields)
    return found


def _patterns(node: tree.Expression) -> Iterator[tuple[str, str]]:
    """The variables that a condition binds to what bears a name, with that name."""
    if isinstance(node, tree.Bind):
        called = _called(node.value)
        if called is not None:
            yield node.name, called
        return
    for child in tree.children(node):
        yield from _patterns(child)


def _called(node: tree.Expression) -> str | None:
    """The name that a call calls."""
    if isinstance(node, tree.Call) and isinstance(node.function, tree.Name):
        return node.function.name
    return None


def all_actions(actions: Iterable[Action]) -> Iterator[Action]:
    """Actions and those within them."""
    for action in actions:
        yield action
        if isinstance(action, ForAction):
            yield from all_actions(action.body)
        elif isinstance(action, IfAction):
            for _, body in action.branches:
                yield from all_actions(body)
            yield from all_actions(action.otherwise)
