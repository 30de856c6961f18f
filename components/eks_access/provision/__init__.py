"""Provisions integrations with Pulumi: role, access entry or aws-auth mapping, RBAC and objects."""
