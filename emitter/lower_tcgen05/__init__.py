"""From a schedule to a warp program for Tensor Memory."""
