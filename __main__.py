"""Runs the command line: ``python -m twill``."""

from .cli.main import main

if __name__ == "__main__":
    main()
