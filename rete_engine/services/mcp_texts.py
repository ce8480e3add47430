"""What a language model is told that has never seen the rule language. The examples are tested."""

from __future__ import annotations

#: A rule set that shows the most used parts of the language, facts for it, and what comes out.
EXAMPLE = """\
ruleset pricing "Discounts of a shop"

param least: float = 100.0          # can be set for each execution

template Customer key(id)           # key: no two facts agree on these fields
    id: str
    tier: str in ("basic", "gold") = "basic"
end

template Order key(id)
    id: int
    customer: str
    total: float
    status: str = "new"
end

template Hold
    order: int
end

rule "gold discount"
    salience 10                     # higher fires first; may be left out
when
    c := Customer(tier == "gold")
    o := Order(customer == c.id, status == "new", total > least)
    not Hold(order == o.id)
then
    modify o(status = "discounted", total = o.total * 0.9)
    emit {"order": o.id, "percent": 10}
end

rule "call them"
when
    c := Customer(tier == "basic")
    exists Order(customer == c.id, total > 400)
then
    emit f"call {c.id}: gold may suit them"
end
"""

EXAMPLE_FACTS = {
    "Customer": [{"id": "c1", "tier": "gold"}, {"id": "c2"}],
    "Order": [
        {"id": 1, "customer": "c1", "total": 250},
        {"id": 2, "customer": "c1", "total": 20},
        {"id": 3, "customer": "c2", "total": 500},
    ],
}

EXAMPLE_RESULTS: list[object] = [
    {"order": 1, "percent": 10},
    "call c2: gold may suit them",
]

LANGUAGE = f"""\
THE RULE LANGUAGE. A text declares the shape of facts (`template`) and rules: `when` lists
conditions, `then` lists actions, blocks close with `end`. One condition or action per line; `#`
begins a comment. Expressions have Python's syntax (but `none true false`, and no lambda, import or
attribute of Python objects). Example:

{EXAMPLE}
Conditions (all must hold together):
  x := T(field == 1, other > 2)   a fact of template T; bare names inside are T's fields, variables
                                  bound above, or params; `x.field` reads a fact bound above
  T(v := field)                   binds v to a value
  not T(...)   exists T(...)      none / at least one; over several: not (A(...) and B(...))
  test a > b                      compares variables
  v := a * 2                      computes a value
  for v in LIST                   one match for each item
  (A(...) or B(...))              alternatives
  n := count(T(...))   s := sum(field for T(...) by g := other)   also avg min max collect
Actions:
  insert T(field = 1)   modify x(field = 2)   retract x   upsert T(key = 1, field = 2)
  emit VALUE (goes to the results)   print VALUE   halt   v := VALUE
  if C ... elif C ... else ... end   for v in LIST ... end
Types: int float decimal str bool list dict set any date datetime duration, `T?` may be none,
`list[int]`. Regular expressions: `name matches "[a-z]+"` (the whole text).
A rule fires once for each match. It fires again when a field that it reads changes: let a rule's
own change make its condition false (above: status), or it fires for ever and the run stops at its
limit. A text may import nothing.
"""

INSTRUCTIONS = f"""\
rete_engine runs business rules over facts. Usual course: write rules, `validate_rules` until there
are no errors, `register_rule_set`, then `execute_rules` with facts. Errors come with line, column,
code and a hint: mend the text by them and try again.

{LANGUAGE}"""

READ_ONLY = """\
rete_engine runs business rules over facts. The rule sets here are fixed: `list_rule_sets` and
`get_rule_set` show them and the templates of their facts, `execute_rules` runs one over facts.
"""

VALIDATE = f"""\
Check the text of a rule set without keeping it. Answers with `valid` and `diagnostics`: each error
or warning with line, column, code, message and often a hint. Call it before register_rule_set.

{LANGUAGE}"""

REGISTER = f"""\
Keep a rule set under a name, so that execute_rules can run it. If the text has errors nothing is
kept; they are listed with line, column and hint. A name that is taken needs replace=true.

{LANGUAGE}"""

EXECUTE = """\
Run a rule set over facts, once; nothing is kept. Facts are an object with a list for each template:
  {"Customer": [{"id": "c1", "tier": "gold"}],
   "Order": [{"id": 1, "customer": "c1", "total": 250}]}
or one list in which each fact names its template: [{"type": "Customer", "id": "c1"}]. get_rule_set
shows which templates and fields a rule set has. Dates and durations are ISO 8601 strings.
Answers with `results` (what rules emitted), `fired` (how often each rule fired), `rules_executed`,
`stopped` ("quiescent": done; "halted"; "limit": the rules went on for ever, see `loop`), `printed`,
and, if asked for with show=["Order"], `facts`: the facts of these templates after the run.
"""

EXPLAIN = """\
Run a rule set over facts, once, and tell where facts come from: the rules that inserted, derived or
changed them, with file, line and bindings, down to the facts that were given. `fact` describes the
facts, by template and some fields: {"type": "Discount", "order": 1}. Answers with `explanations`,
each with a `text` to read.
"""

WHY_NOT = """\
Run a rule set over facts, once, and tell why a rule does not fire: for each condition how many
matches there are before it and with it, the first that none passes, and the facts that come nearest
with the constraints that they fail; or that the rule fired, is disabled, or waits. Use it when
execute_rules did not fire what you expected. Answers with `status`, `reason`, and a `text` to read.
"""

LIST = """\
List the rule sets: name, description, number of rules, and the templates of their facts.
"""

GET = """\
Show one rule set: its text, rules, params and the templates (with fields and types) of its facts.
"""

DEREGISTER = """\
Forget a rule set. It cannot be brought back but by registering its text again.
"""

CHECK = """\
Check one expression of the rule language and, with `values`, evaluate it. Useful to try a condition
alone. Example:
  {"expression": "total * qty > 100", "values": {"total": 60, "qty": 2}}
answers {"valid": true, "names": ["total", "qty"], "value": true}.
Functions: abs min max sum len round sorted any all int float decimal str bool list set dict tuple
range zip enumerate date datetime duration now.
"""
