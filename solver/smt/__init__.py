"""The constraint families for Z3, with integer start times and capacities checked at start events."""
