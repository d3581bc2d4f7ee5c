"""Optimal software pipelines and warp specialization for tiled GPU kernels, with proof."""

__version__ = "0.1.0"
