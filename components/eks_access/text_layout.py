"""Paragraphs for a terminal: broken at words, with a hanging indent."""

from rich.console import Console
from rich.text import Text


def print_paragraph(out: Console, text: Text, *, mark: str = "", indent: int = 2) -> None:
    """Print the text after its mark, broken at words, each further line below the first; no spaces at the ends."""
    hang = indent + (len(mark) + 1 if mark else 0)
    for number, line in enumerate(text.wrap(out, max(out.width - hang, 20))):
        line.rstrip()
        first = f"{'':{indent}}{mark} " if mark else " " * indent
        out.print(Text.assemble((first if number == 0 else " " * hang, "dim"), line), soft_wrap=True)
