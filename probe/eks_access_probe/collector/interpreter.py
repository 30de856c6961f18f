"""Memory that is given back, and memory that is not searched."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_M_MMAP_THRESHOLD = -3
_LARGE = 256 * 1024


def give_back_large_blocks() -> None:
    """Have each page's body given back to the system as soon as it is decoded.

    glibc learns from the first freed body to keep blocks of that size, for each thread apart: over a long list that is
    more than the whole graph. Setting the threshold ends the learning. Other C libraries have no such call, nor need.
    https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").mallopt(_M_MMAP_THRESHOLD, _LARGE)


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
