"""Compiled rule sets kept on disk: what stands in an entry, and the folder that holds them.

An entry is data. It names classes of a fixed list and what their constructors are given, and
nothing else can be said in it, so reading one runs no code but those constructors. An entry that
is damaged, or not this engine's, counts as none.
"""
