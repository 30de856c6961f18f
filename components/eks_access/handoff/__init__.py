"""What to enter in each vendor's own form, and the manual steps that are left."""
