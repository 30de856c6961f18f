"""Other clients that list the same objects, each as a program with a Python environment of its own."""
