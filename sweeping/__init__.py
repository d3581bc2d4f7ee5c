"""Many kernels on many GPUs: every pair solved by an executor, kept in a folder, taken up again."""
