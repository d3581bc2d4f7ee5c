"""Settings that all tests share."""

from hypothesis import settings

# The same examples on every run, and no deadline: a shared machine is slow now and then.
settings.register_profile("twill", derandomize=True, deadline=None)
settings.load_profile("twill")
