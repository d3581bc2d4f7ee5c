"""Stored schedules: verified, proved again, and compared with what their sources say now."""
