"""Compares what principals may do in clusters, and who they are there."""
