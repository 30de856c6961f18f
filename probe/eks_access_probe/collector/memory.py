"""Memory that is given back."""

import ctypes
from contextlib import suppress

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
