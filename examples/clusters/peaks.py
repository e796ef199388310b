"""
Peaks, boxes and ellipses of wines
==================================

What a fitted mixture is asked besides: where the density has its peaks, and which
components share one; how much of it lies in a box; how far a point is from each
component; and the ellipses of the components, in numbers.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle
from sklearn.datasets import load_wine

import mixtura as mx

wine = load_wine()
columns = [wine.feature_names.index(name) for name in ("alcohol", "flavanoids")]
points = mx.Points.from_array(wine.data[:, columns], names=["alcohol", "flavanoids"])
mixture = mx.fit(points, 6, rng=0).mixture

# %%
# Six components, and fewer peaks. An arrow leads from each mean to the peak that it
# climbs to. The ellipses hold half of each component.

modes = mixture.modes()
region = mixture.ellipses(0.5)
for point, height in zip(modes.points, modes.log_density, strict=True):
    print(f"peak at {point.round(2)}, log density {height:.2f}")
for centre, axes, angle in zip(region.centres, region.axes, region.angles, strict=True):
    print(
        f"ellipse at {centre.round(2)}, half axes {axes.round(2)}, "
        f"turned by {angle:.0f} degrees"
    )

figure, ax = plt.subplots(
    figsize=(6.5, 4.5), layout="constrained",
    num="Contours and ellipses of six components of wines, and arrows from each mean "
    "to the peak that it climbs to",
)  # fmt: skip
mx.plots.contours(mixture, ax=ax, colors="0.75", legend=False)
mx.plots.ellipses(mixture, points.x, ax=ax, reach=(region.radius,), alpha=0.3)
for mean, label in zip(mixture.means, modes.labels, strict=True):
    ax.annotate(
        "",
        modes.points[label],
        mean,
        arrowprops={"arrowstyle": "->", "color": "C3"},
        zorder=4,
    )
ax.plot(*modes.points.T, "*", color="C3", markersize=13, zorder=5)

# %%
# Rows that climb to the same peak are a cluster, however many components it has.

clusters = mixture.modes(points.x).labels
figure, ax = plt.subplots(
    figsize=(6.5, 4.5),
    layout="constrained",
    num="Wines coloured by the peak that they climb to",
)
mx.plots.scatter(points.x, labels=clusters, ax=ax, s=20)
ax.set(xlabel="alcohol", ylabel="flavanoids", title=f"{clusters.max() + 1} peaks")

# %%
# The probability of a box, beside the share of the wines in it; and of a corner that
# holds none of them.

low, high = [12.0, 1.0], [13.5, 2.5]
inside = ((points.x >= low) & (points.x <= high)).all(axis=1).mean()
print(f"{mixture.probability(low, high)}, of the wines {inside:.3f}")
print(mixture.probability({"alcohol": 14.0}, {"flavanoids": 0.5}))

# %%
# A wine that is more than three standard deviations off every component is unusual.
# (`mixtura.Mixture.in_confidence_region` answers yes or no, for a level such as 0.95.)

away = mixture.mahalanobis(points.x).min(axis=1)
figure, ax = plt.subplots(
    figsize=(6.5, 4.5), layout="constrained",
    num="Wines coloured by how far they are from the nearest component; those beyond "
    "three standard deviations are ringed",
)  # fmt: skip
drawn = ax.scatter(*points.x.T, c=away, s=25, cmap="magma_r")
figure.colorbar(drawn, ax=ax, label="standard deviations off the nearest component")
ax.scatter(*points.x[away > 3].T, s=120, facecolors="none", edgecolors="C3")
ax.add_patch(Rectangle(low, *np.subtract(high, low), fill=False, linestyle="--"))
ax.set(xlabel="alcohol", ylabel="flavanoids")

plt.show()
