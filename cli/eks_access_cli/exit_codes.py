"""Exit codes of all commands. Scripts and CI jobs rely on them: none of them changes its meaning."""

OK = 0
"""Everything is as it should be."""
FAILED = 1
"""Something is not: a mismatch, a mandatory finding, a leftover, a gain that --fail-on names, or a failed operation."""
BAD_INPUT = 2
"""Bad usage or input; nothing was done. (click's own code for bad usage is the same.)"""
INCONCLUSIVE = 3
"""Nothing is wrong that is known, but something could not be determined."""
CHANGED = 4
"""Everything is as expected, but something changed since the baseline."""
INTERRUPTED = 130
"""As shells report a command that was interrupted; 1 would read as a mismatch."""
