"""The other clients that list the same: each a program of its own, run with an environment of its own."""
