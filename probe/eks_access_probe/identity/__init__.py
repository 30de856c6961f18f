"""Acting as an integration: the identities file, AWS clients, and assuming the role."""
