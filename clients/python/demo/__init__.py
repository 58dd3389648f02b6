"""A company to try Parley with, alone: `python -m clients.python.demo`."""
