"""By how much costs may be wrong: the interval and the strategy at other costs, each solved."""
