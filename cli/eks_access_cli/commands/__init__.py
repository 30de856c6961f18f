"""One file a command; `main.py` imports a command only when it runs."""
