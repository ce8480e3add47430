from __future__ import annotations

import pytest

from rete_engine.language.parser import parse_actions
from rete_engine.language.reader import make_source
from tests.language.show import show_action


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("insert T(a = 1, b = c + 1,)", "insert T(a = 1, b = (c + 1))"),
        ("insert T()", "insert T()"),
        ("insert logical T(a = 1)", "insert logical T(a = 1)"),
        ("f := insert T(a = 1)", "f := insert T(a = 1)"),
        ("f := insert logical T()", "f := insert logical T()"),
        ("upsert T(id = 1)", "upsert T(id = 1)"),
        ("f := upsert T(id = 1)", "f := upsert T(id = 1)"),
        ("modify x(a = x.a + 1)", "modify x with a = (x.a + 1)"),
        ("modify x.y(a = 1)", "modify x.y with a = 1"),
        ("insert K(not = 1, if = 2, end = 3)", "insert K(not = 1, if = 2, end = 3)"),
        ("retract x", "retract x"),
        ("retract x, y", "retract x, y"),
        ("retract (x, y)", "retract x, y"),
        ("g(1, a.b)", "call g(1, a.b)"),
        ("v := 1 if a else 2", "v := (1 if a else 2)"),
        ("emit {\"a\": 1}", "emit dict<'a': 1>"),
        ("emit (1, 2)", "emit tuple<1, 2>"),
        ('print "a", b', "print 'a', b"),
        ('print("a", b)', "print 'a', b"),
        ("print -x", "print (-x)"),
        ('log "info", f"{a}"', "log 'info', f<{a!None:None}>"),
        ('log("info", a)', "log 'info', a"),
        ('focus "g"', "focus g"),
        ("halt", "halt"),
        ("if a\n halt\nend", "if a {halt}"),
        ("if a\nelse\n halt\nend", "if a {} else {halt}"),
        (
            "if a > 1\n x := 1\n halt\nelif b\n emit 2\nelif c\nelse\n emit 3\nend",
            "if (a > 1) {x := 1; halt} elif b {emit 2} elif c {} else {emit 3}",
        ),
        ("for v in q(1)\n retract v\nend", "for v in q(1) {retract v}"),
        (
            "for v in xs\n if v\n  for w in v\n   emit w\n  end\n end\nend",
            "for v in xs {if v {for w in v {emit w}}}",
        ),
    ],
)  # fmt: skip
def test_actions(text: str, meaning: str) -> None:
    actions, diagnostics = parse_actions(make_source(text))
    assert not diagnostics, "\n".join(map(str, diagnostics))
    assert [show_action(action) for action in actions] == [meaning]


def test_the_place_of_an_action_is_its_statement() -> None:
    text = "f := insert T(\n  a = 1)\nif f.a\n  print 1, 2\nend\nhalt"
    actions, _ = parse_actions(make_source(text))
    assert [action.span.text for action in actions] == [
        "f := insert T(\n  a = 1)",
        "if f.a",
        "halt",
    ]
