"""Expectation-maximisation: Statistics -> Mixture, again and again."""
