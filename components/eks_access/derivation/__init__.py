"""Derives a vendor's arguments from access that was given by hand. What no argument keeps is a note. Pure."""
