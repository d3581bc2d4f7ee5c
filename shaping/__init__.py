"""Every combination of listed sizes and splits: bounds, then solves, then the best one."""
