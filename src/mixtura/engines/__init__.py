"""The E-step, wherever it runs: (Points, Mixture) -> Statistics."""
