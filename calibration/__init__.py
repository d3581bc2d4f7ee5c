"""Microbenchmarks: what the figures of a GPU profile are on a real GPU."""
