"""Compiled functions of arrays: they use none of the classes of `model`, and do not validate their input."""

# Coordinates up to which tiles pay, three times or more; beyond, boxes prune little, and BLAS comes near.
LOW_DIMENSION = 32
