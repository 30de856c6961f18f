"""Writes the files of a new environment from answers: the questions, the text with comments, and its validation."""
