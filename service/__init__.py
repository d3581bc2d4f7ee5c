"""The REST service: not built yet; this folder keeps its place in the package."""
