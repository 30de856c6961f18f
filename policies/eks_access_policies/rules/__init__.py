"""The rules of each area, as data."""
