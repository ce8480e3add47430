"""What the one layout is: spaces, indents, blank lines, comments, long lines."""

from __future__ import annotations

import pytest

from rete_engine.language.reader import make_source
from tests.formatter.test_formatter import formatted

CASES = {
    "words are a space apart": (
        "param   vat:float=0.2\nfunction net( a :float )->float=a/( 1+vat )\n",
        "param vat: float = 0.2\nfunction net(a: float) -> float = a / (1 + vat)\n",
    ),
    "signs stand at their operand": (
        "param a: any = [ - 1,2 - - 1 , -x ** - y]\n",
        "param a: any = [-1, 2 - -1, -x ** -y]\n",
    ),
    "indexes, slices and entries": (
        "param a: any = b [ 1 : ] [ :2 ] [ 1:2 ] [ : ] [{'k' :1} ['k']]\n",
        "param a: any = b[1:][:2][1:2][:][{'k': 1}['k']]\n",
    ),
    "true, false and none are spelled one way": (
        "param a: any = [True, False, None, 'None']\n",
        "param a: any = [true, false, none, 'None']\n",
    ),
    "keywords as names of fields": (
        'rule "r"\nwhen\n  k:=K( group==1,in==2 , not==1 , not in (1,) , not ( test ))\nthen\n'
        "  emit k . end\nend\n",
        'rule "r"\nwhen\n    k := K(group == 1, in == 2, not == 1, not in (1,), not (test))\n'
        "then\n    emit k.end\nend\n",
    ),
    "blocks are indented by four": (
        'rule "r"\n\tsalience 1\n  when\n  T()\n  then\nif a\nfor x in y\nemit 1\nend\nelif b\n'
        "halt\nelse\nhalt\nend\n end\n",
        'rule "r"\n    salience 1\nwhen\n    T()\nthen\n    if a\n        for x in y\n'
        "            emit 1\n        end\n    elif b\n        halt\n    else\n        halt\n"
        "    end\nend\n",
    ),
    "a for among conditions opens no block": (
        'rule "r"\nwhen\nfor x in y\nT()\nthen\nend\n',
        'rule "r"\nwhen\n    for x in y\n    T()\nthen\nend\n',
    ),
    "a comma at the end goes with the line ends": (
        "param a: any = [1, 2,]\nparam b: any = (1,)\nparam c: any = f(x for x in y,)\n",
        "param a: any = [1, 2]\nparam b: any = (1,)\nparam c: any = f(x for x in y)\n",
    ),
    "a line broken behind the bracket stays broken": (
        "param a: any = [\n1, 2]\nparam b: any = [1,\n2]\nparam c: any = [\n]\n",
        "param a: any = [\n    1,\n    2,\n]\nparam b: any = [1, 2]\nparam c: any = []\n",
    ),
    "no comma where it would say something else": (
        "param a: any = (\n1)\nparam b: any = b[\n1]\nparam c: any = f(\nx for x in y)\n",
        "param a: any = (\n    1\n)\nparam b: any = b[\n    1\n]\nparam c: any = f(\n"
        "    x for x in y\n)\n",
    ),
    "a broken group has a condition on each line": (
        'rule "r"\nwhen\nnot (\nA() and b := B() and (C() or D()))\nthen\nend\n',
        'rule "r"\nwhen\n    not (\n        A()\n        and b := B()\n        and (C() or D())\n'
        "    )\nthen\nend\n",
    ),
    "a bracket that is all of another is broken with it": (
        'rule "r"\nwhen\nn := count((\nA() and B()))\nthen\nend\n',
        'rule "r"\nwhen\n    n := count((\n        A()\n        and B()\n    ))\nthen\nend\n',
    ),
    "blank lines: some are enough, blocks get one": (
        "\n\nparam a: int\nparam b: int\n\n\n\n\nparam c: int\ntemplate T\n\n\n    a: int\n\n\n"
        "    b: int\n\nend\nparam d: int\n\n\n",
        "param a: int\nparam b: int\n\n\nparam c: int\n\ntemplate T\n    a: int\n\n    b: int\n"
        "end\n\nparam d: int\n",
    ),
    "blank lines before when and then": (
        'rule "r"\n\n    no_loop\n\nwhen\n\n    T()\n\nthen\n\n    halt\n\nend\n',
        'rule "r"\n    no_loop\n\nwhen\n    T()\n\nthen\n    halt\nend\n',
    ),
    "comments at the edges": (
        "# first\n\n\n# second\nparam a: int\n# last\n\n# very last",
        "# first\n\n\n# second\nparam a: int\n# last\n\n# very last\n",
    ),
    "nothing but a comment": ("   # alone", "# alone\n"),
    "nothing": (" \n\n", ""),
    "a comment stays in its column": (
        "param a:int=1      # one\nparam ab: int = 22  # two\nparam abc: int = 333 # three\n",
        "param a: int = 1   # one\nparam ab: int = 22  # two\nparam abc: int = 333  # three\n",
    ),
    "a comment above an end belongs where it was indented to": (
        'rule "r"\nwhen\n    T()\n    # inside\n# of then\nthen\n    # inside\nend\n# below\n',
        'rule "r"\nwhen\n    T()\n    # inside\n# of then\nthen\n    # inside\nend\n# below\n',
    ),
    "comments in brackets": (
        "param a: any = [ # open\n  # above\n  1 # one\n  ,2, # two\n\n  # end\n]\n",
        "param a: any = [  # open\n    # above\n    1,  # one\n    2,  # two\n\n    # end\n]\n",
    ),
    "comments at and, or and commas": (
        "param a: any = (x and # why\n # how\n y)\nparam b: any = [1\n # two\n , 2]\n",
        "param a: any = (\n    x  # why\n    # how\n    and y\n)\nparam b: any = [\n    1,\n"
        "    # two\n    2,\n]\n",
    ),
    "a comment behind a row breaks nothing of it": (
        "param a: any = [\n    2 + 3,  # two\n    (b and c),  # c\n    {'k': 1 + 2},  # k\n"
        "    f(x for x in y) - 1,  # last\n]\n",
        "param a: any = [\n    2 + 3,  # two\n    (b and c),  # c\n    {'k': 1 + 2},  # k\n"
        "    f(x for x in y) - 1,  # last\n]\n",
    ),
    "a comment in the middle of an expression": (
        "param a: any = [x + # why\n y]\n",
        "param a: any = [\n    x  # why\n        + y,\n]\n",
    ),
    "blank lines in brackets": (
        "param a: any = [1,\n\n\n2]\n",
        "param a: any = [\n    1,\n\n    2,\n]\n",
    ),
    "strings stay as they are": (
        "param a: any = ['a', \"b\", r'\\d', '''x\n   y ''', f\"{ a }\"]\n",
        "param a: any = ['a', \"b\", r'\\d', '''x\n   y ''', f\"{ a }\"]\n",
    ),
    "line ends and byte order marks": (
        "\ufeffparam a: int\r\n\r\nparam b: int\rparam c: int",
        "param a: int\n\nparam b: int\nparam c: int\n",
    ),
    "odd spellings of names are kept": ("param ﬁne: int\n", "param ﬁne: int\n"),
}

LONG = {
    "one item on a line": (
        "param a: any = [first, second, third]\n",
        "param a: any = [\n    first,\n    second,\n    third,\n]\n",
    ),
    "the last bracket that leaves room": (
        "param a: any = f(x)[0] + g(first, second)\n",
        "param a: any = f(x)[0] + g(\n    first,\n    second,\n)\n",
    ),
    "rather no index": (
        "param a: any = f(first, other)[index]\n",
        "param a: any = f(\n    first,\n    other,\n)[index]\n",
    ),
    "brackets within": (
        "param a: any = [f(first, second, third, fourth), other]\n",
        "param a: any = [\n    f(\n        first,\n        second,\n        third,\n"
        "        fourth,\n    ),\n    other,\n]\n",
    ),
    "operators, those that bind least first": (
        "param a: any = [first and second or third and other + last]\n",
        "param a: any = [\n    first and second\n        or third\n"
        "            and other + last,\n]\n",
    ),
    "arithmetic": (
        "param a: any = f(first * second + third - other)\n",
        "param a: any = f(\n    first * second\n        + third\n        - other,\n)\n",
    ),
    "comprehensions": (
        "param a: any = [first for first in second if third]\n",
        "param a: any = [\n    first\n        for first in second\n        if third\n]\n",
    ),
    "a choice": (
        "param a: any = (first if second else third or fourth)\n",
        "param a: any = (\n    first\n        if second\n        else third or fourth\n)\n",
    ),
    "accumulates": (
        'rule "r"\nwhen\nx := sum(first for T(second == 1, other) by third)\nthen\nend\n',
        'rule "r"\nwhen\n    x := sum(\n        first\n            for T(\n'
        "                second == 1,\n                other,\n            )\n"
        "            by third\n    )\nthen\nend\n",
    ),
    "a group": (
        'rule "r"\nwhen\nnot (A() and b := B() and C())\nthen\nend\n',
        'rule "r"\nwhen\n    not (\n        A()\n        and b := B()\n        and C()\n    )\n'
        "then\nend\n",
    ),
    "what cannot be broken": (
        "param a: any = 'a text that is too long'\nparam b: any = first + second + third\n",
        "param a: any = 'a text that is too long'\nparam b: any = first + second + third\n",
    ),
    "a text of many lines is as wide as its edges": (
        "param a: any = ['''first\n  a line in the middle that is long\nlast''', x]\n",
        "param a: any = ['''first\n  a line in the middle that is long\nlast''', x]\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), CASES.values(), ids=CASES)
def test_layout(before: str, after: str) -> None:
    assert formatted(make_source(before).text) == after


@pytest.mark.parametrize(("before", "after"), LONG.values(), ids=LONG)
def test_lines_that_are_too_long(before: str, after: str) -> None:
    assert formatted(before, 30) == after
