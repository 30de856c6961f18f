"""Reads a side of a review: from a file, and from the stack in it."""
