"""Text for people: counts in sentences, paragraphs for a terminal, and names that cannot act on one."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text


_INVISIBLE = [
    *(*range(0x7F, 0xA0), 0x61C, 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)),
    *(0xAD, 0x180E, 0x200B, *range(0x2060, 0x2065), *range(0x206A, 0x2070), 0xFEFF, *range(0xFFF9, 0xFFFC)),
    *range(0xE0000, 0xE0080),
]
"""DEL and C1, marks and overrides of the direction of text, and separators of lines; what has no width, so that one
name would look like another; and tags, which spell text that no reader sees."""
_LONE_SURROGATES = range(0xD800, 0xE000)
"""JSON may have them, and no encoding does: they could not be printed."""
_PICTURES = {
    **dict.fromkeys([*_INVISIBLE, *_LONE_SURROGATES], "\ufffd"),
    **{code: chr(0x2400 + code) for code in range(0x20)},
}
"""A visible character for each that a terminal would act on: C0 as its control picture, the others as U+FFFD."""


def show_controls(text: str, *, keep_lines: bool = False) -> str:
    """The text with control characters made visible, in the same length; with `keep_lines`, all but its line breaks.

    Names and messages come from clusters, AWS and state: they must not move the cursor, rewrite or reorder what is
    shown, or look like a line of ours.
    """
    return "\n".join(line.translate(_PICTURES) for line in (text.split("\n") if keep_lines else [text]))


def escape_markdown(text: str) -> str:
    """The text on one line, with nothing that Markdown or HTML would act on but pipes, which end a table's cell."""
    escaped = "".join(f"\\{each}" if each in "\\`*_{}[]<>#!~" else each for each in show_controls(text))
    # No mentions, and no links that a renderer would make of addresses.
    return escaped.replace("@", "@\u200b").replace("://", ":\u200b//").replace("www.", "www\u200b.")


def format_count(count: int, noun: str, plural: str = "s") -> str:
    """`1 role`, `1,200 roles`; `plural` is the plural's ending."""
    return f"{count:,} {noun}{'' if count == 1 else plural}"


def print_paragraph(out: "Console", text: "Text", *, mark: str = "", indent: int = 2) -> None:
    """Print the text after its mark, wrapped at words with a hanging indent and no trailing spaces."""
    from rich.text import Text

    text = text.copy()
    text.plain = show_controls(text.plain)
    hang = indent + (len(mark) + 1 if mark else 0)
    for number, line in enumerate(text.wrap(out, max(out.width - hang, 20))):
        line.rstrip()
        first = f"{'':{indent}}{mark} " if mark else " " * indent
        out.print(Text.assemble((first if number == 0 else " " * hang, "dim"), line), soft_wrap=True)
