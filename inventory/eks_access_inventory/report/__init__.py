"""The inventory as a table, as Markdown and as one HTML page."""
