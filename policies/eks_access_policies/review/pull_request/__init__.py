"""Plans the review of a pull request by its environments, and combines their reviews into one comment."""
