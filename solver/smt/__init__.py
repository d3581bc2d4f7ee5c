"""The constraint families for Z3, with integer issue cycles and capacity asked where usage rises."""
