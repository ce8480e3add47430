"""Expressions and actions as fully bracketed text, so that a test shows what binds to what."""

from __future__ import annotations

from rete_engine.expressions import tree
from rete_engine.expressions.tree import Argument, Clause, Expression
from rete_engine.model import actions
from rete_engine.model.actions import Action


def show(node: Expression) -> str:
    match node:
        case tree.Constant(value=value):
            return repr(value)
        case tree.Name(name=name):
            return name
        case tree.ListDisplay(items=items):
            return f"[{many(items)}]"
        case tree.TupleDisplay(items=items):
            return f"tuple<{many(items)}>"
        case tree.SetDisplay(items=items):
            return f"set<{many(items)}>"
        case tree.DictDisplay(items=entries):
            return f"dict<{', '.join(f'{show(k)}: {show(v)}' for k, v in entries)}>"
        case tree.FormattedString(parts=parts):
            return f"f<{' '.join(show(part) for part in parts)}>"
        case tree.FormattedValue(value=value, conversion=conversion, format=format):
            return f"{{{show(value)}!{conversion}:{format}}}"
        case tree.Attribute(target=target, name=name, optional=optional):
            return f"{show(target)}{'?.' if optional else '.'}{name}"
        case tree.Index(target=target, index=index):
            return f"{show(target)}[{show(index)}]"
        case tree.Slice(target=target, start=start, stop=stop):
            return f"{show(target)}[{show(start) if start else ''}:{show(stop) if stop else ''}]"
        case tree.Call(function=function, arguments=arguments):
            return f"{show(function)}({', '.join(map(argument, arguments))})"
        case tree.Unary(operator=operator, operand=operand):
            return f"({operator}{show(operand)})"
        case tree.Binary(operator=operator, left=left, right=right):
            return f"({show(left)} {operator} {show(right)})"
        case tree.Compare(first=first, rest=rest):
            return f"({show(first)}{''.join(f' {o} {show(e)}' for o, e in rest)})"
        case tree.And(operands=operands):
            return f"({' and '.join(map(show, operands))})"
        case tree.Or(operands=operands):
            return f"({' or '.join(map(show, operands))})"
        case tree.Not(operand=operand):
            return f"(not {show(operand)})"
        case tree.Conditional(test=test, then=then, otherwise=otherwise):
            return f"({show(then)} if {show(test)} else {show(otherwise)})"
        case tree.Comprehension(kind=kind, element=element, value=dict_value, clauses=clauses):
            entry = show(element) + (f": {show(dict_value)}" if dict_value else "")
            return f"{kind}<{entry}{''.join(map(clause, clauses))}>"
        case tree.Bind(name=name, value=bound):
            return f"({name} := {show(bound)})"
        case tree.TestForm(value=tested):
            return f"(test {show(tested)})"
        case tree.ForForm(name=name, iterable=iterable):
            return f"(for {name} in {show(iterable)})"
        case tree.ExistsForm(operand=operand):
            return f"(exists {show(operand)})"
        case tree.ForallForm(operands=operands):
            return f"(forall {many(operands)})"
        case tree.AccumulateForm(value=accumulated, source=source, by=by):
            what = f"{show(accumulated)} for " if accumulated else ""
            return f"<{what}{show(source)}{f' by {argument(by)}' if by else ''}>"
    raise AssertionError(node)


def many(nodes: tuple[Expression, ...]) -> str:
    return ", ".join(map(show, nodes))


def argument(node: Argument) -> str:
    if node.name is None:
        return show(node.value)
    return f"{node.name} {':=' if node.binds else '='} {show(node.value)}"


def clause(node: Clause) -> str:
    filters = "".join(f" if {show(condition)}" for condition in node.conditions)
    return f" for {' '.join(node.targets)} in {show(node.iterable)}{filters}"


def show_action(node: Action) -> str:
    match node:
        case actions.InsertAction(fact=fact, logical=logical, name=name):
            return f"{prefix(name)}insert {'logical ' if logical else ''}{show(fact)}"
        case actions.UpsertAction(fact=fact, name=name):
            return f"{prefix(name)}upsert {show(fact)}"
        case actions.ModifyAction(target=target, arguments=arguments):
            return f"modify {show(target)} with {', '.join(map(argument, arguments))}"
        case actions.RetractAction(targets=targets):
            return f"retract {many(targets)}"
        case actions.CallAction(call=call):
            return f"call {show(call)}"
        case actions.AssignAction(name=name, value=value):
            return f"{prefix(name)}{show(value)}"
        case actions.IfAction(branches=branches, otherwise=otherwise):
            shown = " el".join(f"if {show(test)} {block(body)}" for test, body in branches)
            return shown + (f" else {block(otherwise)}" if otherwise else "")
        case actions.ForAction(name=name, iterable=iterable, body=body):
            return f"for {name} in {show(iterable)} {block(body)}"
        case actions.EmitAction(value=value):
            return f"emit {show(value)}"
        case actions.PrintAction(values=values):
            return f"print {many(values)}"
        case actions.LogAction(level=level, value=value):
            return f"log {show(level)}, {show(value)}"
        case actions.FocusAction(group=group):
            return f"focus {group}"
        case actions.HaltAction():
            return "halt"
    raise AssertionError(node)


def prefix(name: str | None) -> str:
    return f"{name} := " if name else ""


def block(body: tuple[Action, ...]) -> str:
    return f"{{{'; '.join(map(show_action, body))}}}"
