"""Check, time and compare bundles on a GPU; needs the runtime, NumPy and CuPy only."""
