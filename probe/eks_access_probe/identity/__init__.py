"""Acting as an integration: identities file, AWS clients, assuming the role."""
