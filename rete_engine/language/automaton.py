"""Runs the LALR tables that Lark made over the lexemes of one declaration.

Lark's own loop would do, but for two things. It chooses keywords while it scans, one lexer per
state; here the text is scanned once, before, and a word becomes a keyword when the parser meets
it. And an atom climbs a ladder of ten rules such as `sum: term` that do nothing; here a climb is
remembered by where it starts and the lookahead, and taken in one step (twice as fast).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, final

from rete_engine.language.grammar import START_SYMBOLS, lark
from rete_engine.language.scanner import Lexeme

END = "$END"


@final
class Reduction:
    """A rule of the grammar as the loop needs it."""

    __slots__ = ("build", "origin", "size", "transparent")

    def __init__(
        self, size: int, origin: str, build: Callable[[list[Any]], Any], transparent: bool
    ) -> None:
        self.size = size  # how many values it takes from the stack
        self.origin = origin
        self.build = build
        self.transparent = transparent  # `?a: b`, which hands on its only value


Row = dict[str, int | Reduction]


@final
class Automaton:
    """The tables: in each state, what a terminal does (shift to a state, or reduce)."""

    __slots__ = ("climbs", "ends", "gotos", "rows", "starts")

    def __init__(
        self,
        rows: dict[int, Row],
        gotos: dict[int, dict[str, int]],
        starts: dict[str, int],
        ends: dict[str, int],
    ) -> None:
        self.rows = rows
        self.gotos = gotos
        self.starts = starts
        self.ends = ends
        # By state below, state and lookahead; filled while parsing; the grammar bounds its size.
        self.climbs: dict[tuple[int, int, str], int] = {}


class UnexpectedLexemeError(Exception):
    """The lexemes do not fit the grammar; `language.explain` turns it into words."""

    def __init__(self, position: int, expected: frozenset[str]) -> None:
        super().__init__()
        self.position = position  # the index of the lexeme; their number when they ended too early
        self.expected = expected  # the terminals that could have stood there


@functools.cache
def automaton() -> Automaton:
    """The tables of the grammar."""
    parser = lark()
    rows: dict[int, Row] = {}
    gotos: dict[int, dict[str, int]] = {}
    starts: dict[str, int] = {}
    ends: dict[str, int] = {}
    reductions: dict[Any, Reduction] = {}
    for start in START_SYMBOLS:
        conf: Any = parser.parse_interactive(start=start).parser_state.parse_conf
        starts[start], ends[start] = conf.start_state, conf.end_state
        if rows:
            continue  # all start symbols share one table
        for rule, callback in conf.callbacks.items():
            transparent = len(rule.expansion) == 1 and rule.options.expand1 and not rule.alias
            reductions[rule] = Reduction(
                len(rule.expansion), str(rule.origin.name), callback, bool(transparent)
            )
        for state, actions in conf.states.items():
            rows[state] = {}
            gotos[state] = {}
            for name, (_, argument) in actions.items():
                symbol = str(name)  # some are tokens of Lark's, which are slow to compare
                if not isinstance(argument, int):
                    rows[state][symbol] = reductions[argument]
                elif symbol.isupper() or symbol == END:
                    rows[state][symbol] = argument
                else:
                    gotos[state][symbol] = argument
    return Automaton(rows, gotos, starts, ends)


def parse(lexemes: Sequence[Lexeme], start: str, kinds: list[str] | None = None) -> Any:
    """Parse lexemes by a start symbol and return what the builder made of them.

    Args:
        lexemes: What to parse.
        start: The start symbol.
        kinds: Takes up the terminal that each lexeme turned out to be: of a word, whether it is
            a keyword or a name where it stands.

    Raises:
        UnexpectedLexemeError: they do not fit the grammar.
    """
    tables = automaton()
    rows, gotos, climbs = tables.rows, tables.gotos, tables.climbs
    goal = tables.ends[start]
    state = tables.starts[start]
    states = [state]
    values: list[Any] = []
    for position, lexeme in enumerate((*lexemes, None)):
        if lexeme is None:
            kind = END
        else:
            kind = lexeme.type
            if lexeme.keyword is not None:
                row = rows[state]
                if "NAME" not in row or (
                    lexeme.keyword in row and not reads_as_name(lexemes, position)
                ):
                    kind = lexeme.keyword
        while True:
            step = rows[state].get(kind)
            if isinstance(step, int):
                state = step
                states.append(state)
                values.append(lexeme)
                if kinds is not None:
                    kinds.append(kind)
                break
            if step is None:
                if kind is END and state == goal:
                    return values[-1]
                raise UnexpectedLexemeError(position, _expected(tables, states))
            if step.transparent:
                climb = (states[-2], state, kind)
                top = climbs.get(climb)
                if top is None:
                    top = climbs[climb] = _climb(tables, climb)
                states[-1] = state = top
                continue
            size = step.size
            if size:
                children = values[-size:]
                del states[-size:], values[-size:]
            else:
                children = []
            values.append(step.build(children))
            state = gotos[states[-1]][step.origin]
            states.append(state)
    raise AssertionError("the end of the lexemes ends the loop")


def _climb(tables: Automaton, climb: tuple[int, int, str]) -> int:
    """The state after all transparent rules that the lookahead asks for."""
    below, state, kind = climb
    while True:
        step = tables.rows[state].get(kind)
        if not isinstance(step, Reduction) or not step.transparent:
            return state
        state = tables.gotos[below][step.origin]


def _expected(tables: Automaton, states: list[int]) -> frozenset[str]:
    """The terminals that could be shifted in this state.

    A row alone says too much: LALR merges states, and some lookaheads of a reduction lead
    nowhere. So every one is tried.
    """
    return frozenset(kind for kind in tables.rows[states[-1]] if _leads_on(tables, states, kind))


def _leads_on(tables: Automaton, states: list[int], kind: str) -> bool:
    stack = states.copy()
    while True:
        step = tables.rows[stack[-1]].get(kind)
        if not isinstance(step, Reduction):
            return step is not None or (kind == END and stack[-1] in tables.ends.values())
        if step.size:
            del stack[-step.size :]
        stack.append(tables.gotos[stack[-1]][step.origin])


#: After these words a value begins or has ended, so the word before one may be its operator.
_INFIX = frozenset({"AND", "OR", "IN", "IS", "MATCHES", "IF", "ELSE", "FOR", "BY"})

#: A word before one of these is a name: `not == 1`, `test,`, `end: int`.
_AFTER_NAME = frozenset(
    {
        "EQ",
        "NE",
        "LT",
        "LE",
        "GT",
        "GE",
        "EQUAL",
        "BIND",
        "COMMA",
        "COLON",
        "DOT",
        "OPTIONAL",
        "RPAR",
        "RSQB",
        "RBRACE",
        "STAR",
        "POWER",
        "SLASH",
        "FLOOR",
        "PERCENT",
    }
)

#: Words that begin an operand.
_PREFIXES = frozenset({"NOT", "EXISTS", "TEST", "FOR", "FORALL"})


def reads_as_name(lexemes: Sequence[Lexeme], position: int) -> bool:
    """Whether a keyword, where a name could stand too, is a name by what follows it."""
    word = lexemes[position].keyword
    after = lexemes[position + 1] if position + 1 < len(lexemes) else None
    if after is None:
        return False
    if word == "FORALL":
        return after.type != "LPAR"
    if word in _PREFIXES and after.keyword in _INFIX:
        # `not in (1, 2)` reads a field named `not`, but `not in == 2` one named `in`.
        return not reads_as_name(lexemes, position + 1)
    return after.type in _AFTER_NAME
