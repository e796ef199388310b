"""Pictures to points, and mixtures to pictures."""
