"""From a kernel document to a dependence graph to a priced scheduling problem."""
