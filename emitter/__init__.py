"""From a schedule to a warp program, and from a warp program to CUDA source."""
