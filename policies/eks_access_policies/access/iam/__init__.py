"""Finds which IAM policies the identities of a stack have, with their groups and boundaries, and what is not known."""
