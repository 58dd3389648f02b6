"""A chat in the terminal: `python -m clients.python.terminal`."""
