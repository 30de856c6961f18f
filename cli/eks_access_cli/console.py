"""The console: as wide as the terminal, and without colours where it is piped."""

from rich.console import Console

PIPED_WIDTH = 120


def create_console(*, stderr: bool = False) -> Console:
    """A console that is as wide as the terminal; piped, wide enough that few sentences need to be broken."""
    console = Console(stderr=stderr, highlight=False)
    return console if console.is_terminal else Console(stderr=stderr, highlight=False, width=PIPED_WIDTH)
