"""Collects an inventory: what each integration can list in AWS and in each cluster, without anything secret."""
