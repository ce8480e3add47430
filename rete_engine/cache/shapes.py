"""What entries may hold: the classes of a compiled rule set, and what their objects are made of.

A class is told by the arguments of its constructor, which the object has as attributes of the
same names, and by the attributes that are set when it has been made. What an object has beyond
that its constructor makes anew, or `decode` does when all objects are there.

Whoever adds a class that a network can hold, or an attribute, adds it here; a test compares.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from rete_engine.expressions import (
    calls,
    comparisons,
    comprehensions,
    displays,
    logic,
    membership,
    operators,
    parts,
    reads,
)
from rete_engine.expressions.frame import Function
from rete_engine.expressions.types import Type
from rete_engine.network import accumulates, alphas, compiled, nodes, rules, statements, templates


@dataclass(frozen=True, slots=True)
class Shape:
    """What objects of a class are made of."""

    name: str  # the class's
    cls: type[Any]
    arguments: tuple[str, ...]  # of the constructor, in order
    late: Mapping[str, object]  # attributes that are set later, with what they are until then


def _shape(cls: type[Any], arguments: str = "", **late: object) -> Shape:
    return Shape(cls.__name__, cls, tuple(arguments.split()), late)


def _node(cls: type[Any], arguments: str = "", **late: object) -> Shape:
    """The shape of a node of the network."""
    common = {"item_mask": 0, "of_branch": False, "rank": 0, "supports": False}
    return _shape(cls, f"number parent {arguments}", **common, **late)


_EXPRESSIONS = (
    _shape(reads.Constant, "value"),
    _shape(reads.Field, "up index"),
    _shape(reads.MatchField, "up index"),
    _shape(reads.FurtherField, "up name"),
    _shape(reads.MatchFurtherField, "up name"),
    _shape(reads.Item, "up"),
    _shape(reads.CurrentField, "index"),
    _shape(reads.CurrentFurtherField, "name"),
    _shape(reads.CurrentRecord),
    _shape(reads.Param, "index"),
    _shape(reads.Local, "index"),
    _shape(reads.MakeAnswer, "type variables"),
    _shape(parts.ReadAttribute, "target name optional"),
    _shape(parts.ReadIndex, "target index"),
    _shape(parts.ReadSlice, "target start stop"),
    _shape(logic.And, "operands"),
    _shape(logic.Or, "operands"),
    _shape(logic.Not, "operand"),
    _shape(logic.Conditional, "test then otherwise"),
    _shape(logic.Metered, "root"),
    _shape(comparisons.Equal, "left right charged"),
    _shape(comparisons.NotEqual, "left right charged"),
    _shape(comparisons.Less, "left right charged"),
    _shape(comparisons.LessEqual, "left right charged"),
    _shape(comparisons.Greater, "left right charged"),
    _shape(comparisons.GreaterEqual, "left right charged"),
    _shape(comparisons.IsNone, "operand negated"),
    _shape(membership.In, "left right charged"),
    _shape(membership.NotIn, "left right charged"),
    _shape(membership.InConstants, "operand values negated"),
    _shape(membership.Matches, "left right pattern"),
    _shape(membership.Chain, "operands operators"),
    _shape(displays.ListDisplay, "items"),
    _shape(displays.TupleDisplay, "items"),
    _shape(displays.SetDisplay, "items"),
    _shape(displays.DictDisplay, "keys values"),
    _shape(displays.FormattedPart, "value conversion specification"),
    _shape(displays.FormattedString, "parts"),
    _shape(calls.NotGiven),
    _shape(calls.CallBuiltin, "name arguments"),
    _shape(calls.CallMethod, "target name optional arguments"),
    _shape(calls.CallFunction, "index arguments"),
    _shape(calls.CallExternal, "index name arguments result"),
    _shape(calls.CallQuery, "index name arguments"),
    _shape(calls.Convert, "value type what"),
    _shape(comprehensions.Loop, "targets iterable conditions"),
    _shape(comprehensions.ListOf, "loops element"),
    _shape(comprehensions.SetOf, "loops element"),
    _shape(comprehensions.DictOf, "loops element value"),
    _shape(comprehensions.AnyOf, "loops element"),
    _shape(comprehensions.AllOf, "loops element"),
    _shape(operators.Add, "left right"),
    _shape(operators.Subtract, "left right"),
    _shape(operators.Multiply, "left right"),
    _shape(operators.Divide, "left right"),
    _shape(operators.FloorDivide, "left right"),
    _shape(operators.Modulo, "left right"),
    _shape(operators.Power, "left right"),
    _shape(operators.Negative, "operand"),
    _shape(operators.Positive, "operand"),
    _shape(Function, "name parameters locals body result"),
    _shape(Type, "name arguments optional"),
)

_STATEMENTS = (
    _shape(statements.InsertStatement, "line template fields local upsert logical"),
    _shape(statements.ModifyStatement, "line target fields template"),
    _shape(statements.RetractStatement, "line targets templates"),
    _shape(statements.EvaluateStatement, "line value local"),
    _shape(statements.IfStatement, "line branches otherwise"),
    _shape(statements.ForStatement, "line iterable local body"),
    _shape(statements.EmitStatement, "line value"),
    _shape(statements.PrintStatement, "line values"),
    _shape(statements.LogStatement, "line level value"),
    _shape(statements.FocusStatement, "line group"),
    _shape(statements.HaltStatement, "line"),
)

_TEMPLATES = (
    _shape(templates.FieldSpec, "name type allowed default factory"),
    _shape(templates.KeySpec, "number owner fields"),
    _shape(
        templates.TemplateSpec,
        "number name base fields open key unique",
        keys=(),
        read_further=None,
    ),
)

_NETWORK = (
    _shape(alphas.Origin, "rule file line text of_query"),
    _shape(alphas.Test, "node origin", origins=None),
    _shape(alphas.AlphaSpec, "number template constants tests reads lazy", mask=0),
    _shape(alphas.RightSpec, "number alpha key lazy", mask=0),
    _shape(rules.PatternUse, "name steps mask changed"),
    _shape(rules.Period, "since until"),
    _shape(
        rules.RuleSpec,
        "number name file line",
        description=None,
        tags=(),
        deferrable=False,
        enabled=None,
        no_loop=False,
        group=rules.MAIN,
        auto_focus=False,
        rivalry=-1,
        lock_on_active=False,
        period=None,
        plain=True,
        complexity=0,
        derives=(),
        function=None,
        locals=0,
    ),
    _shape(
        rules.ReadingSpec,
        "rule",
        salience=None,
        patterns=(),
        leads=False,
        bindings=(),
        statements=(),
    ),
    _shape(
        rules.QuerySpec, "number name file line arguments variables", entrances=None, rights=None
    ),
    _node(nodes.RootSpec),
    _node(nodes.FirstSpec, "alpha mask"),
    _node(nodes.JoinSpec, "right left_key tests mask defers"),
    _node(nodes.AdapterSpec, "length"),
    _node(nodes.CrossSpec, "adapter tests defers"),
    _node(nodes.ExistsSpec, "right left_key tests mask negated"),
    _node(nodes.GroupSpec, "negated", branch=None, branch_rank=0),
    _node(nodes.PartnerSpec, "steps"),
    _node(nodes.TestSpec, "tests"),
    _node(nodes.ComputeSpec, "value each placed"),
    _node(nodes.ProductionSpec, "reading"),
    _node(nodes.AnswerSpec, "query reading steps", bindings=(), order=()),
    _node(
        accumulates.AccumulateSpec,
        "accumulator program grouped named origin",
        branch=None,
        branch_rank=0,
        origins=None,
    ),
    _node(accumulates.MemberSpec, "steps value by places branch_number"),
    _shape(accumulates.Place, "steps each"),
    _shape(compiled.CompiledParam, "name type default"),
    _shape(compiled.External, "name parameters result place"),
)

SHAPES: dict[str, Shape] = {
    shape.name: shape for shape in (*_EXPRESSIONS, *_STATEMENTS, *_TEMPLATES, *_NETWORK)
}


def _pattern(node: membership.Matches) -> str | None:
    """The regular expression of a `matches` that has it compiled."""
    if node.pattern is None or not isinstance(node.right, reads.Constant):
        return None
    value = node.right.value
    return value if isinstance(value, str) else None


#: Arguments that are no attributes, and attributes that differ from what a fresh object has.
DERIVED: dict[tuple[str, str], Callable[[Any], object]] = {
    ("Matches", "pattern"): _pattern,
    ("Test", "origin"): lambda test: test.origins[0],
    ("Test", "origins"): lambda test: test.origins if len(test.origins) > 1 else None,
    ("AccumulateSpec", "origin"): lambda spec: spec.origins[0],
    ("AccumulateSpec", "origins"): lambda spec: spec.origins if len(spec.origins) > 1 else None,
    ("QuerySpec", "variables"): lambda query: list(query.answers.positions),
}
