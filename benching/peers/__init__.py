"""What bundles are compared with, each where it is installed."""
