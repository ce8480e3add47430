"""The interface a program holds: rule sets and sessions."""
