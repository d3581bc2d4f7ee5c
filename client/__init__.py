"""The client of the REST service."""
