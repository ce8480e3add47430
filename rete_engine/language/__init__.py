"""The front ends: rule text to model.

`reader` makes a source of a file or text, `parser` makes a document of a source. In between:
`scanner` (text to lexemes), `layout` (lexemes to declarations), `automaton` (the tables that Lark
makes of `grammar`), the builders `expressions`, `actions` and `declarations`, which are the
grammar's callbacks, and `explain`, which says what is wrong where the grammar does not fit.
"""
