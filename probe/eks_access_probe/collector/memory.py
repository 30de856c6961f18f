"""Memory that is not searched."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_search_for_cycles() -> Iterator[None]:
    """Leave Python's search for cycles off, and then as it was.

    What comes of a page is in no cycle and is freed without it, while the search goes through all of it again and
    again: a tenth or more of the time that decoding takes. https://docs.python.org/3.11/library/gc.html
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
