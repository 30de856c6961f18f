"""Finds how EKS maps principals outside of a cluster to identities in it, and service accounts to IAM roles."""
