"""How large a document may be; what lies beyond is refused before it costs memory or time."""

MAXIMUM_BYTES = 1 << 20
MAXIMUM_EVENTS = 50_000  # scalars, and starts and ends of mappings and lists
MAXIMUM_DEPTH = 64
MAXIMUM_INTEGER = (1 << 63) - 1
MAXIMUM_PROBLEMS = 20  # reported at once
