"""Services: rule sets and sessions for programs that ask over a network or a pipe.

What all of them share: `catalog` (named rule sets), `faults` (what is answered when something is
wrong). Text that comes through a service may import nothing, and calls no functions of the program
but those that the operator names.
"""
