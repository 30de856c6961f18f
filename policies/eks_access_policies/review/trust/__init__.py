"""Compares who may assume a role: the principals of trust policies, and the roles that lead from one to another."""
