"""Progress as events: the work emits them, and a listener shows them.

The work does not depend on terminals. `Terminal` shows events: on a tty a live line that
is rewritten in place, in a pipe or a CI log the milestones and a sparse sign of life.
"""

import os
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TextIO

SIGN_OF_LIFE_SECONDS = 60.0


@dataclass(frozen=True)
class Event:
    """One message: a milestone, or (`live`) a sign of life that the next event replaces."""

    text: str
    live: bool = False

    def __str__(self) -> str:
        return self.text


Progress = Callable[[Event], None]


def silent(_event: Event) -> None:
    """Listens to nothing."""


class Terminal:
    """Shows events on a stream, as fits what the stream is."""

    def __init__(self, stream: TextIO, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._rewrites = stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._live_shown = False
        self._last_line_at = clock()

    def __call__(self, event: Event) -> None:
        if event.live and self._rewrites:
            # A line that wraps could not be rewritten in place.
            self._write(f"\r\x1b[K{event.text[: shutil.get_terminal_size().columns - 1]}")
            self._live_shown = True
            return
        if event.live and self._clock() - self._last_line_at < SIGN_OF_LIFE_SECONDS:
            return
        self.end_live_line()
        self._write(f"{event}\n")
        self._last_line_at = self._clock()

    def end_live_line(self) -> None:
        """Clear a live line that is still shown, so that what follows starts on a clean line."""
        if self._live_shown:
            self._write("\r\x1b[K")
            self._live_shown = False

    def _write(self, text: str) -> None:
        self._stream.write(text)
        self._stream.flush()
