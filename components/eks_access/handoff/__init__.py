"""The values to enter in each vendor's own form, and the remaining manual steps."""
