"""What limits a schedule, and what would change it."""
