"""`python -m clients.python.terminal [--url http://127.0.0.1:8000] [username]`."""

import sys

from clients.python.terminal.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
