"""Compares what principals may do in AWS: statements, boundaries, managed policies and escalation paths."""
