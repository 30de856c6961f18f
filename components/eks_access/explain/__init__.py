"""Explains to a reviewer what an integration may do and why."""
