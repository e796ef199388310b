"""
A prior for few points
======================

Eight components for forty points: one of them finds two points that lie close together,
and shrinks onto them, since the likelihood rises without end. What keeps components
from collapsing?
"""

# sphinx_gallery_thumbnail_number = 102
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

angles = np.random.default_rng(5).uniform(0, 2 * np.pi, 400)
ring = np.column_stack([np.cos(angles), np.sin(angles)]) + 0.1 * np.random.default_rng(
    6
).normal(size=(400, 2))
points, others = ring[:40], ring[40:]

# %%
# The default prior says that a component is about as large as an eighth of all points,
# with the weight of a few of them; so it needs no number in units of the data, as
# `reg_covar` does. (`mixtura.Prior` is any other one.) Points that were not seen tell
# which mixture is nearer to the truth.

fits = {
    "no prior": mx.fit(points, 8, rng=0),
    'prior="default"': mx.fit(points, 8, prior="default", reg_covar=0, rng=0),
}
figure, axes = plt.subplots(
    1, 2, figsize=(9, 4.6), sharex=True, sharey=True, layout="constrained",
    num="Forty points of a ring. Without a prior, dense needles; with one, eight round "
    "components along the ring",
)  # fmt: skip
for ax, (title, fit) in zip(axes, fits.items(), strict=True):
    mx.plots.contours(
        fit,
        ax=ax,
        filled=True,
        legend=False,
        extent=(-1.6, 1.6, -1.6, 1.6),
        levels=np.arange(-7, 5),
        n=300,
    )
    mx.plots.scatter(
        points, ax=ax, s=16, color="C1", edgecolors="white", linewidths=0.5
    )
    unseen = fit.mixture.log_density(others).mean()
    ax.set(
        title=f"{title}\n{fit.log_likelihood:.1f} nats a point, "
        f"{unseen:.1f} of points not seen",
        aspect="equal",
    )
    ax.label_outer()

plt.show()
