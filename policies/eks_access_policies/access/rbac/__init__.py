"""Finds and resolves the RBAC objects of a stack, and those that every cluster has by default: roles and bindings."""
