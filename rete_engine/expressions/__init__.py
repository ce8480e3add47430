"""Expressions: their trees, their values and types, and the evaluators, with budgets."""
