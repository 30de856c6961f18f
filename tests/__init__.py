"""What the package claims, by unit and end to end."""
