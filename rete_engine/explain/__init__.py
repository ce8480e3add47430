"""Explanations: what conditions make of the facts, and where facts come from."""
