"""The front ends: rule text to model."""
