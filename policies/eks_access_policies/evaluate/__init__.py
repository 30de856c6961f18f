"""Evaluates the rules over a stack: IAM documents, ways into clusters, and rights inside clusters."""
