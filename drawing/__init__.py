"""Schedules drawn as text, SVG and traces."""
