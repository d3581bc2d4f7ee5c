"""The NumPy machine: runs warp programs with barriers, asynchronous copies and products."""
