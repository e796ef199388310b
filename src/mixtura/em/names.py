"""The words that a fit is asked in."""

from __future__ import annotations

from typing import Literal

StartName = Literal["kmeans", "kmeans++", "random", "random_from_data", "partition"]
StopReason = Literal["converged", "max_iter", "stalled", "callback"]
