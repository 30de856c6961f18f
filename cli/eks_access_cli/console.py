"""The console: as wide as the terminal, without colours where it is piped, and without what names would do to it."""

from collections.abc import Iterable
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from eks_access.text_layout import show_controls

PIPED_WIDTH = 120


class SafeConsole(Console):
    """Shows control characters in all that it prints. A text, or a table's cell, has no line breaks of its own."""

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(show_controls(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        if isinstance(renderable, Text):
            renderable = renderable.copy()
            renderable.plain = show_controls(renderable.plain)
        return super().render(renderable, options)


def create_console(*, stderr: bool = False) -> Console:
    """A console that is as wide as the terminal; piped, wide enough that few sentences need to be broken."""
    console = SafeConsole(stderr=stderr, highlight=False, emoji=False)
    if not console.is_terminal:
        console.width = PIPED_WIDTH
    return console
