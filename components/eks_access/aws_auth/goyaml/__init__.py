"""Parses YAML as go-yaml v2 and the authenticator's decoder do, so that aws-auth is read as they read it."""
