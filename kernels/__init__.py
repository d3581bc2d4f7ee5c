"""The kernel library: one YAML file per kernel, and their loader."""
