"""Taking over what exists: the engine's import file with its ids, what is removed, and the plan in words. Pure."""
