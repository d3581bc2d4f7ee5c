"""The constraint families for CP-SAT, with intervals in shifted copies."""
