"""Integrations that are described in a YAML file rather than in Python: the same shape, with no other code."""
