"""The kernel language: program text to a typed tile program, and what it means in NumPy."""

from .meaning import run_program
from .program import parse_program

__all__ = ["parse_program", "run_program"]
