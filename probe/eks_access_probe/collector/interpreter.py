"""Python itself, and the C library under it, set for a long list: much comes in, is decoded at once, and goes."""

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager, suppress

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_KEPT = 32 * 1024 * 1024


@contextmanager
def set_for_long_lists() -> Iterator[None]:
    """Leave Python's search for cycles off, and then as it was; and have memory used again, which stays.

    What comes of a page is in no cycle and is freed without it, while the search goes through all of it again and
    again: a tenth or more of the time that decoding takes. https://docs.python.org/3.11/library/gc.html
    """
    _use_memory_again()
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _use_memory_again() -> None:
    """Have one page's memory used for the next one, whichever thread that is in.

    By itself, glibc gives blocks of a page's size back to the system and gets new ones, of which each 4 kB is a fault
    for the kernel: a tenth of the time. Told to keep them, it would keep some for each thread, which is more than the
    whole graph takes. Other C libraries have no such call.
    https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
    """
    with suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL("libc.so.6").mallopt
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _KEPT)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
