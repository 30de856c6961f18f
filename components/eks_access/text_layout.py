"""Text for people: paragraphs for a terminal, and counts with their noun."""

from rich.console import Console
from rich.text import Text


def print_paragraph(out: Console, text: Text, *, mark: str = "", indent: int = 2) -> None:
    """Print the text after its mark, broken at words, each further line below the first; no spaces at the ends."""
    hang = indent + (len(mark) + 1 if mark else 0)
    for number, line in enumerate(text.wrap(out, max(out.width - hang, 20))):
        line.rstrip()
        first = f"{'':{indent}}{mark} " if mark else " " * indent
        out.print(Text.assemble((first if number == 0 else " " * hang, "dim"), line), soft_wrap=True)


def format_count(count: int, noun: str, plural_ending: str = "s") -> str:
    """`1 cluster`, `2 clusters`, `1,000 clusters`."""
    return f"{count:,} {noun}{'' if count == 1 else plural_ending}"
