"""Evaluates what was read: who each principal is, what it may do in words, and what is wrong with it. Pure."""
