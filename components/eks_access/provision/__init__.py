"""From descriptions to resources: the thin Pulumi shell around the pure modules."""
