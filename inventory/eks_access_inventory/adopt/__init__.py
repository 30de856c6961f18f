"""Access that was made by hand: what was found of it, who made it, and how it differs from what this package makes."""
