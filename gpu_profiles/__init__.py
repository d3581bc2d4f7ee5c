"""What each GPU can do: one YAML file per GPU, and their loader."""
