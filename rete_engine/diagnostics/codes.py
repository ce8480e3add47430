"""The stable codes of diagnostics. A code keeps its meaning for ever; new ones get new numbers.

0001 to 0099: reading and syntax. 0100 to 0199: names. 0200 to 0299: types and values.
0300 to 0399: rules and their conditions. 0500 to 0599: warnings. 0900: what is not built yet.
"""

from __future__ import annotations

CODES: dict[str, str] = {
    # reading and syntax
    "RE0001": "a file cannot be read",
    "RE0002": "a text is not UTF-8 or holds control characters",
    "RE0003": "a text is larger than the limit",
    "RE0004": "brackets or expressions are nested too deeply, or an expression is too long",
    "RE0010": "a syntax error",
    "RE0011": "a block has no 'end'",
    "RE0012": "'=' where '==' is meant",
    "RE0013": "a bracket is not closed, or closes nothing",
    "RE0014": "a string is not closed",
    "RE0015": "a literal that cannot be read",
    "RE0016": "an import that cannot be followed, leaves its folder or makes a cycle",
    "RE0020": "a text that is not YAML, or uses what rule files have no use for",
    "RE0021": "a key that stands twice in YAML",
    "RE0022": "a rule set in YAML that has not the shape of one",
    # names
    "RE0100": "an unknown template",
    "RE0101": "an unknown field",
    "RE0102": "an unknown name",
    "RE0103": "an unknown function or method",
    "RE0104": "an unknown type",
    "RE0105": "a name that is declared twice",
    "RE0106": "a bare name that could be both a field and a variable",
    "RE0107": "a variable that is bound twice",
    "RE0108": "a name that cannot be used here",
    "RE0109": "an unknown query",
    "RE0110": "a variable that not all alternatives of an 'or' bind alike",
    # types and values
    "RE0200": "a value of the wrong type",
    "RE0201": "a value outside of the field's values",
    "RE0202": "operands that cannot be compared or combined",
    "RE0203": "wrong arguments of a call",
    "RE0204": "a required field without a value",
    "RE0205": "an expression that must be constant",
    # rules and conditions
    "RE0300": "a condition that is none",
    "RE0301": "a value where a condition stands, or a condition where a value belongs",
    "RE0302": "a call that is not possible here",
    "RE0303": "an attribute of a rule that does not fit",
    "RE0304": "a template's heading that does not hold together",
    "RE0305": "an action that does not fit",
    "RE0306": "a query that asks itself",
    "RE0307": "alternatives that combine in too many ways",
    "RE0309": "a condition that reads facts which no pattern matches",
    # warnings
    "RE0500": "a variable is never used",
    "RE0501": "a condition can never hold",
    "RE0502": "patterns joined with no shared variable",
    "RE0503": "a rule may activate itself again and again",
    "RE0505": "a logical insert may defeat its own condition",
    "RE0510": "a key that means nothing in YAML",
    "RE0511": "a file or text that declares nothing",
    "RE0520": "a group that nothing gives the focus",
    "RE0521": "a group that no rule is in gets the focus",
}
