"""Compiled functions of arrays: they use none of the classes of `model`, and do not validate their input."""

# Coordinates up to which tiles and unrolled loops pay; beyond, boxes prune nothing, and BLAS is faster.
LOW_DIMENSION = 16
