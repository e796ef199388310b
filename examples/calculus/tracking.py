"""
Tracking: move, measure, move again
===================================

A yacht beats against the wind: each hour it sails a mile up to the left or to the
right, and nobody sees which. After three hours it may be anywhere on a fan of places;
then a lookout sees it once, from afar. Where is it?
"""

# sphinx_gallery_thumbnail_number = 105
import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

TACKS = np.array([[-0.75, 0.7], [0.75, 0.7]])
DRIFT = 0.012 * np.eye(2)  # of an hour
SEEN = np.array([[0.5, -0.15], [-0.15, 0.1]])  # how wrong the lookout may be


def sail(mixture):
    """An hour later: each component goes both ways, and becomes wider."""
    moved = [mixture.transform(np.eye(2), tack) for tack in TACKS]
    weights, means, matrices = (
        np.concatenate([getattr(one, name) for one in moved])
        for name in ("weights", "means", "matrices")
    )
    return mx.Mixture(weights, means, matrices + DRIFT).reduce(min(len(weights), 16))


# %%
# A measurement multiplies the density by its own Gaussian, and `product` is that in
# closed form: most of the branches vanish. `reduce` keeps the number of components
# small while they double every hour.

course = np.cumsum(np.vstack([[0, 0], TACKS[[1, 1, 0, 0, 1, 0]]]), axis=0)
sightings = {3: course[3] + [0.5, -0.1], 6: course[6] + [0.5, 0.1]}
belief = mx.Mixture([1.0], [[0, 0]], [DRIFT])
shown = [("at noon", belief, 0)]
for hour in range(1, 7):
    belief = sail(belief)
    if hour in (2, 3, 6):
        shown.append((f"after {hour} hours", belief, hour))
    if hour in sightings:
        belief, evidence = belief.product(sightings[hour], SEEN, return_log_mass=True)
        shown.append((f"after {hour} hours, and seen", belief, hour))
        print(
            f"hour {hour}: log evidence {evidence:.2f}, "
            f"{(belief.weights > 0.01).sum()} places are left"
        )

figure, axes = plt.subplots(
    2, 3, figsize=(11, 5.6), sharex=True, sharey=True, layout="constrained",
    num="The density of a yacht's place: one spot at noon, a row of three, of four, "
    "two of them after it was seen; then five, and two again",
)  # fmt: skip
extent = (-4.6, 4.6, -0.8, 5.2)
for ax, (title, mixture, hour) in zip(axes.flat, shown, strict=True):
    top = mixture.log_density(mixture.means).max()
    mx.plots.contours(
        mixture,
        ax=ax,
        filled=True,
        legend=False,
        extent=extent,
        levels=top + np.array([-4, -3, -2, -1.2, -0.5]),
    )
    ax.plot(*course[: hour + 1].T, "o-", color="C5", ms=3, lw=1)
    if title.endswith("seen"):
        ax.plot(*sightings[hour], "x", color="C2", ms=9, mew=2)
    ax.set(title=title, aspect="equal", xlabel="", ylabel="")

plt.show()
