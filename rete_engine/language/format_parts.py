"""What the formatter works on: a text as lines of tokens, with its comments and brackets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

#: How far apart the tab stops of a text are taken to be.
TAB = 4

OPENERS = frozenset({"LPAR", "LSQB", "LBRACE"})
CLOSERS = frozenset({"RPAR", "RSQB", "RBRACE"})

#: With one of these a value ends: a sign behind it is an operator, a bracket a call or an index.
OPERAND_ENDS = CLOSERS | {"NAME", "INT", "FLOAT", "DURATION", "STRING", "FSTRING", "CONSTANT"}

#: Operators before which an expression is cut into lines, those that bind least first.
LEVELS = (
    frozenset({"IF", "ELSE"}),
    frozenset({"OR"}),
    frozenset({"AND"}),
    frozenset({"EQ", "NE", "LT", "LE", "GT", "GE", "MATCHES"}),
    frozenset({"PLUS", "MINUS"}),
    frozenset({"STAR", "SLASH", "FLOOR", "PERCENT"}),
)
JOINTS = frozenset().union(*LEVELS)


@dataclass(slots=True)
class Comment:
    """A comment, and where it was written."""

    text: str
    line: int
    column: int  # as it is seen, with tabs
    blanks: int = 0  # blank lines above it


@dataclass(slots=True)
class Token:
    """A lexeme with what the formatter must know of it."""

    kind: str  # the terminal that it is where it stands
    text: str  # as it was written
    line: int
    column: int  # as it is seen, with tabs
    begins_line: bool
    above: list[Comment] = field(default_factory=list)  # on lines of their own
    blanks: int = 0  # blank lines directly above it
    comment: Comment | None = None  # behind it
    space: bool = False  # whether a space stands before it
    is_sign: bool = False  # a `-` or `+` before its only operand


@dataclass(slots=True)
class Bracket:
    """What stands in brackets, with them."""

    opener: Token
    closer: Token
    role: str  # "call", "index", "list" (takes a comma at its end) or "plain"
    items: list[list[Node]]  # what commas part, or all of it as one
    flat_end: str = ""  # the comma of a tuple of one
    broken_end: str = ""  # the comma behind the last item on a line of its own
    is_forced: bool = False  # whether it must be broken into lines
    flat: str = ""  # the text on one line


Node = Token | Bracket


@dataclass(slots=True)
class Line:
    """A statement or heading, which may go over several lines inside of brackets."""

    kind: str  # of its declaration: "rule", "template", …
    is_heading: bool
    nodes: list[Node]

    @property
    def head(self) -> Token:
        """Its first token."""
        return first_token(self.nodes[0])


def first_token(node: Node) -> Token:
    """The token with which a node begins."""
    return node if isinstance(node, Token) else node.opener


def last_token(node: Node) -> Token:
    """The token with which a node ends."""
    return node if isinstance(node, Token) else node.closer


def clause_starts(nodes: list[Node]) -> Iterator[int]:
    """Where the `for`, `if` and `by` of a comprehension or an accumulate stand."""
    seen_for = False
    for position, node in enumerate(nodes):
        if not isinstance(node, Token) or position == 0:
            continue
        if node.kind == "BY":
            yield position
        elif node.kind == "FOR" and last_token(nodes[position - 1]).kind in OPERAND_ENDS:
            seen_for = True
            yield position
        elif node.kind == "IF" and seen_for:
            yield position
