"""Reads an account: its clusters, their access entries, aws-auth and RBAC, and the IAM principals. Changes nothing."""
