"""Evaluates the rules over a stack."""
