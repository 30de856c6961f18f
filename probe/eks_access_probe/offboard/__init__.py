"""The removal of one integration: what goes, what stays, and the proof that it cannot come in any more."""
