"""Reports: one small file a format."""
