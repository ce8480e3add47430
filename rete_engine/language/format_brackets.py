"""Tokens to a tree of brackets, with the spaces between them and the commas at their ends."""

from __future__ import annotations

from rete_engine.language.format_parts import (
    CLOSERS,
    JOINTS,
    OPENERS,
    OPERAND_ENDS,
    Bracket,
    Node,
    Token,
    clause_starts,
    first_token,
    last_token,
)

_DOTS = frozenset({"DOT", "OPTIONAL"})


def bracketed(tokens: list[Token]) -> list[Node]:
    """The tokens of a line as nodes."""
    root: list[Node] = []
    levels = [root]
    open_brackets: list[tuple[Token, str]] = []
    last: Token | None = None
    for token in tokens:
        role = open_brackets[-1][1] if open_brackets else ""
        if token.kind in ("PLUS", "MINUS"):
            token.is_sign = last is None or last.kind not in OPERAND_ENDS
        token.space = last is not None and _spaced(last, token, role)
        if token.kind in CLOSERS:
            nodes = levels.pop()
            opener, role = open_brackets.pop()
            levels[-1].append(_bracket(opener, nodes, token, role))
        elif token.kind in OPENERS:
            levels.append([])
            open_brackets.append((token, _role(last, token)))
        else:
            levels[-1].append(token)
        last = token
    return root


def _role(last: Token | None, opener: Token) -> str:
    if last is None or opener.kind == "LBRACE":
        return "list" if opener.kind == "LBRACE" else "plain"
    if opener.kind == "LSQB":
        return "index" if last.kind in OPERAND_ENDS else "list"
    if last.kind == "FORALL":
        return "list"
    return "call" if last.kind in OPERAND_ENDS or last.kind == "KEY" else "plain"


def _spaced(last: Token, token: Token, role: str) -> bool:
    """Whether a space stands between two tokens, in a bracket with a role."""
    before, kind = last.kind, token.kind
    if before in OPENERS or kind in CLOSERS or kind in ("COMMA", "COLON", "QUESTION"):
        return False
    if before == "COMMA":
        return True
    if kind in _DOTS:
        return before == "INT"  # `1 .x` is not the number `1.`
    if before in _DOTS or last.is_sign:
        return False
    if before == "COLON":
        return role != "index"
    if kind == "LPAR":
        return before not in OPERAND_ENDS and before != "KEY"
    return not (kind == "LSQB" and before in OPERAND_ENDS)


def _bracket(opener: Token, nodes: list[Node], closer: Token, role: str) -> Bracket:
    _settle(nodes)
    is_comprehension = next(clause_starts(nodes), None) is not None
    items, ended = _split(nodes, closer, is_comprehension)
    bracket = Bracket(opener, closer, role, items)
    if items and not is_comprehension:
        if role == "plain" and (len(items) > 1 or ended):  # a tuple
            bracket.broken_end = ","
            bracket.flat_end = "," if len(items) == 1 else ""
        elif role in ("call", "list"):
            bracket.broken_end = ","
    bracket.is_forced = _is_forced(bracket)
    bracket.flat = (
        (" " if opener.space else "")
        + opener.text
        + ",".join(flat(item) for item in items)
        + bracket.flat_end
        + closer.text
    )
    return bracket


def _settle(nodes: list[Node]) -> None:
    """Take comments at an operator, before which a line is broken, to where they can stay."""
    for position, node in enumerate(nodes):
        if position == 0 or not isinstance(node, Token) or node.kind not in JOINTS or node.is_sign:
            continue
        before = last_token(nodes[position - 1])
        after = first_token(nodes[position + 1])
        if node.comment is not None and before.comment is None and not node.above:
            before.comment, node.comment = node.comment, None
        if node.comment is None:
            node.above += after.above
            after.above = []


def _split(
    nodes: list[Node], closer: Token, is_comprehension: bool
) -> tuple[list[list[Node]], bool]:
    """What commas part, and whether one stands at the end. The commas' comments move on."""
    items: list[list[Node]] = []
    item: list[Node] = []
    for position, node in enumerate(nodes):
        at_end = position == len(nodes) - 1
        if not isinstance(node, Token) or node.kind != "COMMA" or (is_comprehension and not at_end):
            item.append(node)
            continue
        before = last_token(item[-1])
        after = closer if at_end else first_token(nodes[position + 1])
        moved = node.above
        if node.comment is not None:
            if before.comment is None and not moved:
                before.comment = node.comment
            else:
                moved.append(node.comment)
        after.above[:0] = moved
        items.append(item)
        item = []
    ended = bool(items) and not item
    if item:
        items.append(item)
    return items, ended


def operands(nodes: list[Node], kinds: frozenset[str]) -> list[list[Node]]:
    """Nodes cut before the operators of some kinds."""
    starts = [
        position
        for position, node in enumerate(nodes)
        if position > 0 and isinstance(node, Token) and node.kind in kinds and not node.is_sign
    ]
    return cut_at(nodes, starts)


def cut_at(nodes: list[Node], starts: list[int]) -> list[list[Node]]:
    """Nodes cut at some positions."""
    ends = [*starts, len(nodes)]
    return [nodes[start:end] for start, end in zip([0, *starts], ends, strict=True)]


def rows(bracket: Bracket) -> list[list[Node]]:
    """What stands on lines of its own where a bracket is broken."""
    if bracket.role == "plain" and len(bracket.items) == 1 and not bracket.broken_end:
        (item,) = bracket.items
        for kind in ("OR", "AND"):
            parts = operands(item, frozenset({kind}))
            if len(parts) > 1 and not _is_conditional(item):
                return parts
    return bracket.items


def _is_conditional(nodes: list[Node]) -> bool:
    return any(isinstance(node, Token) and node.kind == "IF" for node in nodes)


def hugged(bracket: Bracket) -> Bracket | None:
    """The bracket that is all that stands in another, which is then broken with it."""
    if len(bracket.items) != 1 or len(bracket.items[0]) != 1 or bracket.flat_end:
        return None
    inner = bracket.items[0][0]
    if not isinstance(inner, Bracket) or not inner.items:
        return None
    commented = (
        bracket.opener.comment or bracket.closer.above or inner.opener.above or inner.closer.comment
    )
    return None if commented else inner


def _is_forced(bracket: Bracket) -> bool:
    """Whether the line was broken behind the opening bracket, or what is inside asks for it."""
    if bracket.opener.comment or bracket.closer.above:
        return True
    if not bracket.items:
        return False
    first = first_token(bracket.items[0][0])
    if first.line > bracket.opener.line:
        return True
    if any(first_token(row[0]).blanks for row in rows(bracket)[1:]):
        return True
    return any(is_forced(item) for item in bracket.items)


def is_forced(nodes: list[Node]) -> bool:
    """Whether nodes inside of a bracket cannot stand on one line."""
    for node in nodes:
        first, last = first_token(node), last_token(node)
        if first.above or last.comment or (isinstance(node, Bracket) and node.is_forced):
            return True
    return False


def is_forced_before_end(nodes: list[Node]) -> bool:
    """Whether a row cannot stand on one line, at whose end a comment may follow."""
    last = nodes[-1]
    ends_whole = not first_token(last).above and not (isinstance(last, Bracket) and last.is_forced)
    return is_forced(nodes[:-1]) or not ends_whole


def flat(nodes: list[Node]) -> str:
    """The text of nodes on one line, with the space before the first."""
    return "".join(
        node.flat if isinstance(node, Bracket) else f"{' ' if node.space else ''}{node.text}"
        for node in nodes
    )
