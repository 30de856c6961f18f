"""Text for people: counts in sentences, and paragraphs for a terminal."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


def format_count(count: int, noun: str, plural: str = "s") -> str:
    """`1 role`, `1,200 roles`; `plural` is the plural's ending."""
    return f"{count:,} {noun}{'' if count == 1 else plural}"


def print_paragraph(out: "Console", text: "Text", *, mark: str = "", indent: int = 2) -> None:
    """Print the text after its mark, wrapped at words with a hanging indent and no trailing spaces."""
    from rich.text import Text

    hang = indent + (len(mark) + 1 if mark else 0)
    for number, line in enumerate(text.wrap(out, max(out.width - hang, 20))):
        line.rstrip()
        first = f"{'':{indent}}{mark} " if mark else " " * indent
        out.print(Text.assemble((first if number == 0 else " " * hang, "dim"), line), soft_wrap=True)
