"""What an integration gets and why, in words for a reviewer."""
