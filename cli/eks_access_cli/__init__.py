"""The `eks-access` command line: the only package with click, consoles, exit codes and the pulumi program."""
