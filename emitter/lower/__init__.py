"""From a schedule to a warp program."""
