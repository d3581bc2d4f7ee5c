"""CUDA C++ text of a warp program, one small emitter for each kind of step."""
