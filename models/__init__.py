"""What things are: the frozen documents that every other folder speaks in, and the error tree."""
