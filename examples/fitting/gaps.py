"""
Gaps in a table
===============

After long eruptions of a geyser, nobody waited for the next: most of those rows have a
gap. Who drops them loses half of the data, and believes that long eruptions are rare.
How can rows with gaps be used as they are?
"""

# sphinx_gallery_thumbnail_number = 103
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx
from mixtura.gallery import sample

points = np.loadtxt(sample("geyser.csv"), delimiter=",", skiprows=1)
rng = np.random.default_rng(0)
gaps = points.copy()
gaps[(points[:, 0] > 3) & (rng.random(len(points)) < 0.85), 1] = np.nan
whole = gaps[~np.isnan(gaps).any(axis=1)]
print(f"{len(points)} rows, {len(whole)} of them without a gap")

# %%
# With `missing=True`, the likelihood is that of what was observed, and nothing is
# filled in while the mixture is fitted. The ticks below are eruptions whose waiting
# time is missing: they still say how many long ones there are, and how long.

start = mx.fit(whole, 2, rng=0).mixture
start = start.subset(start.means[:, 0].argsort())  # so that the short ones come first
fits = {
    "all that was there to know": mx.fit(points, 2, start=start),
    "rows with gaps dropped": mx.fit(whole, 2, start=start),
    "gaps left as they are": mx.fit(gaps, 2, missing=True, start=start),
}
figure, axes = plt.subplots(
    1, 3, figsize=(12, 4), sharex=True, sharey=True, layout="constrained",
    num="Ellipses of two components: of the whole table; of the rows without gaps, "
    "where the long eruptions have lost most of their weight; and with gaps, nearly "
    "as of the whole table",
)  # fmt: skip
for ax, (title, fit), table in zip(
    axes, fits.items(), (points, whole, gaps), strict=True
):
    mx.plots.ellipses(fit, table, ax=ax, reach=(1, 2))
    ax.set(
        title=f"{title}\n{fit.mixture.weights[1]:.0%} are long",
        xlabel="eruption, minutes",
        ylabel="waiting, minutes",
    )
    ax.label_outer()
axes[2].plot(
    gaps[np.isnan(gaps[:, 1]), 0],
    np.full(len(points) - len(whole), 39),
    "|",
    color="C1",
    alpha=0.4,
)

# %%
# What may have been in the gaps? Their conditional mean is one answer; a draw from the
# conditional distribution is as scattered as the truth is.

mixture = fits["gaps left as they are"].mixture
hidden = np.isnan(gaps[:, 1])
figure, axes = plt.subplots(
    1, 2, figsize=(9, 4), sharex=True, sharey=True, layout="constrained",
    num="The gaps filled by conditional means, which lie on a curve, and by draws, "
    "which scatter as the others do",
)  # fmt: skip
for ax, how in zip(axes, ("mean", "sample"), strict=True):
    full = mixture.impute(gaps, how=how, rng=0)
    mx.plots.scatter(whole, ax=ax, color="0.7")
    mx.plots.scatter(full[hidden], ax=ax, color="C1", s=14)
    ax.set(title=f'how="{how}"', xlabel="eruption, minutes", ylabel="waiting, minutes")
    ax.label_outer()

plt.show()
