"""The `eks-access` command line: the only place that knows click, consoles and exit codes."""
