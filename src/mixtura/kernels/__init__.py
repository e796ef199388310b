"""Compiled functions of arrays: they use none of the classes of `model`, and do not validate their input."""
