"""Adopting what was made by hand from a vendor's page: its arguments, how it differs, the import file, and the plan."""
