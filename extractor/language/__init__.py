"""The program text of a kernel document, parsed and typed."""
