"""The console: as wide as the terminal, and clean where it is piped."""

from rich.console import Console

PIPED_WIDTH = 120


def console(*, stderr: bool = False) -> Console:
    """A console that is as wide as the terminal; piped, wide enough that few sentences need to be broken."""
    made = Console(stderr=stderr, highlight=False)
    return made if made.is_terminal else Console(stderr=stderr, highlight=False, width=PIPED_WIDTH)
