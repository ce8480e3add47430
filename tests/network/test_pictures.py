"""Pictures of networks: every kind of node, and who gives what to whom."""

from __future__ import annotations

import re

import pytest

from rete_engine import RuleSet

TEMPLATES = """
template A
    k: int = 0
    s: str = ""
end
template B
    k: int = 0
    n: float = 0.0
end
open template E
    kind: str = ""
end
"""


def picture(*whens: str, format: str = "dot") -> str:
    text = TEMPLATES + "".join(
        f'rule "r{n}"\nwhen\n{when}\nthen\n    halt\nend\n' for n, when in enumerate(whens)
    )
    return RuleSet.parse(text).graph(format)


def labels(text: str) -> dict[str, str]:
    """The labels of a digraph's boxes by their names."""
    return dict(re.findall(r'^    (\w+) \[label="(.*?)"(?:, shape=\w+)?\];$', text, re.MULTILINE))


def boxes(text: str) -> dict[str, str]:
    """The same, but what the nodes do alone, not why they stand there."""
    return {name: label.partition("\\n")[0] for name, label in labels(text).items()}


def arrows(text: str) -> set[tuple[str, str, bool]]:
    """From and to, by label, and whether facts go that way."""
    names = boxes(text)
    found = re.findall(r"^    (\w+) -> (\w+)( \[style=dashed\])?;$", text, re.MULTILINE)
    return {(names[a], names[b], bool(dashed)) for a, b, dashed in found}


def test_a_rule_of_one_pattern_hangs_below_its_template() -> None:
    assert arrows(picture("A(k == 3, s > 'x')")) == {
        ("A", "A(k == 3, s > 'x')", True),
        ("A(k == 3, s > 'x')", "r0", False),
    }


def test_a_join_takes_matches_and_facts() -> None:
    found = arrows(picture("a := A()\nB(k == a.k, n > a.k)"))
    (join,) = {b for _, b, _ in found if b.startswith("join B")}
    assert found == {
        ("A", "A()", True),
        ("B", "B()", True),
        ("A()", join, False),
        ("B()", join, True),
        (join, "r0", False),
    }


@pytest.mark.parametrize(
    ("when", "start"),
    [
        ("a := A()\nnot B(k == a.k)", "not B"),
        ("a := A()\nexists B(k == a.k)", "exists B"),
        ("a := A()\nB()\ntest a.k > 0 or a.s > 'x'", "join B"),
        ("a := A()\nv := a.k + 1", "compute"),
        ("for v in [1, 2]", "for"),
        ("v := 1\ntest v > 2", "test"),
    ],
)
def test_nodes_say_what_they_do(when: str, start: str) -> None:
    found = boxes(picture(when)).values()
    assert [label for label in found if label.startswith(start)]


def test_nodes_say_why_they_stand_where_they_do() -> None:
    whens = ("E()\na := A()\nB(k == a.k)\nnot (B(n == a.k) and E())",)
    reasons = [
        "its key is known",
        "no pattern that is left has a key: the next as written",
        "asked when all that is written before it is joined",
    ]
    dot, mermaid = picture(*whens), picture(*whens, format="mermaid")
    for reason in reasons:
        assert [each for each in labels(dot).values() if each.endswith(f"\\n{reason}")]
        assert f'<br>{reason}"]' in mermaid


def test_a_group_takes_what_its_branch_finds() -> None:
    found = arrows(picture("a := A()\nnot (B(k == a.k) and E(kind == a.s))"))
    assert ("A()", "not (…)", False) in found
    assert ("found", "not (…)", True) in found
    assert ("not (…)", "r0", False) in found
    assert [b for a, b, _ in found if a == "not (…)" and b.startswith("join B")]


def test_a_group_within_a_group_gives_to_its_own() -> None:
    text = picture("a := A()\nexists (B(k == a.k) and not (E() and E(kind == a.s)))")
    names = boxes(text)
    partners = [name for name, label in names.items() if label == "found"]
    owners = {label: name for name, label in names.items() if "(…)" in label}
    ends = set(re.findall(r"(\w+) -> (\w+) \[style=dashed\];", text))
    assert {(a, names[b]) for a, b in ends if a in partners} == {
        (partners[0], "not (…)"),
        (partners[1], "exists (…)"),
    }
    assert set(owners) == {"exists (…)", "not (…)"}


def test_shared_nodes_are_drawn_once() -> None:
    found = list(boxes(picture("a := A()\nB(k == a.k)", "b := A()\nB(k == b.k)")).values())
    assert len([label for label in found if label.startswith("join")]) == 1
    assert {"r0", "r1"} <= set(found)


def test_mermaid_and_graphviz_draw_the_same() -> None:
    whens = ("a := A(s == 'x')\nnot (B(k == a.k) and E())", "exists A()")
    dot, mermaid = picture(*whens), picture(*whens, format="mermaid")
    assert len(re.findall(r"^    \w+(?:\(|\[)", mermaid, re.MULTILINE)) == len(boxes(dot))
    assert len(re.findall(r"-->|-\.->", mermaid)) == dot.count("->")
