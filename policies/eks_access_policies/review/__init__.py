"""The review: what a change to a stack lets whom do, in words for the person who approves it.

Two sides are read (`sides`), each as plain data (`access`); they are compared plane by plane (`trust`, `aws`,
`kubernetes`), put into words and collapsed (`review`), and written (`report/`, a file a format).
"""
