"""Commands that are printed for people to copy into a shell. Their words may be names that third parties chose."""

import shlex
from collections.abc import Mapping, Sequence


def format_command(command: str, options: Mapping[str, str], names: Sequence[str] = ()) -> str:
    """`command`, which is our own words, with values that a shell takes as they are, whatever is in them.

    A value is joined to its option, and names come after `--`: neither is taken for an option if it begins with a dash.
    """
    values = (f"--{option}={_quote(value)}" for option, value in options.items())
    return " ".join([command, *values, *(("--", *map(_quote, names)) if names else ())])


def format_assignment(variable: str, value: str) -> str:
    """A variable of the environment, to stand before a command."""
    return f"{variable}={_quote(value)}"


def _quote(value: str) -> str:
    """The value as one word, for zsh too, which replaces `=name` by the path of a command."""
    return f"'{value}'" if value.startswith("=") and shlex.quote(value) == value else shlex.quote(value)
