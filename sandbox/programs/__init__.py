"""The programs that the sandbox runs: found on the machine, or built from their Go modules into a cache."""
