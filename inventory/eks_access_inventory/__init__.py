"""Who can come into the clusters of an account, by whatever way, and what each of them may do there.

Read-only, and without a stack: what was made by hand, by other tools or by this package is read alike.
"""
