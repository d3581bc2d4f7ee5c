"""From a scheduling problem to a schedule with its certificate."""
