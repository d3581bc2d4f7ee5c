"""The constraint families for Z3: integer issue cycles, capacity asked for where usage can rise."""
