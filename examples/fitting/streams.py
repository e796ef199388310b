"""
A stream of points
==================

Measurements arrive a few at a time, and none of them are kept. `partial_fit` takes each
batch once. How soon does the mixture know what there is, and does it follow when things
move? At the end, data that do not fit into memory, read again and again.
"""

# sphinx_gallery_thumbnail_number = 106
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

rng = np.random.default_rng(0)
centres = np.array([[0, 0], [4, 1], [1.5, 4]])
shapes = np.array(
    [[[0.8, 0.5], [0.5, 0.6]], [[0.3, -0.1], [-0.1, 0.9]], [[1.2, 0], [0, 0.2]]]
)

# %%
# Sixty points a batch, and one cluster moves to the right all the time. By default all
# points count alike, however long ago they came; with `step_size=0.2` the new batch is
# always a fifth of what is remembered. Dashed is where the clusters are by now.

models = {
    "all count alike": mx.GaussianMixture(3, random_state=0),
    "step_size=0.2": mx.GaussianMixture(3, random_state=0, step_size=0.2),
}
figure, axes = plt.subplots(
    2, 3, figsize=(10, 6.4), sharex=True, sharey=True, layout="constrained",
    num="Three components after 5, 30 and 60 batches. Where all points count alike, "
    "one is stretched along the way of the cluster that moves; where old ones are "
    "forgotten, it goes with it",
)  # fmt: skip
scores = {name: [] for name in models}
for batch in range(1, 61):
    now = mx.Mixture(
        [0.4, 0.3, 0.3], np.add(centres, [[0, 0], [0, 0], [0.07 * batch, 0]]), shapes
    )
    points = now.sample(60, rng=rng)
    for row, (name, model) in zip(axes, models.items(), strict=True):
        if batch > 1:
            scores[name].append(model.score(points) - now.log_density(points).mean())
        model.partial_fit(points)
        if batch in (5, 30, 60):
            ax = row[(5, 30, 60).index(batch)]
            mx.plots.scatter(points, ax=ax, color="0.6", s=9)
            mx.plots.ellipses(model, ax=ax, reach=(1, 2))
            mx.plots.ellipses(
                now,
                ax=ax,
                reach=(2,),
                alpha=1,
                facecolor="none",
                edgecolor="0.2",
                linestyle="--",
            )
            ax.set(
                title=f"{name}, batch {batch}",
                xlim=(-3, 8.5),
                ylim=(-3, 6.5),
                xlabel="",
                ylabel="",
            )

# %%
# Every batch is a fair test before it is learnt from: how much less likely is it by
# what is known so far than by the truth?

figure, ax = plt.subplots(
    figsize=(8, 3.4), layout="constrained",
    num="How far the log density of each new batch is below that of the truth: less "
    "and less where old points are forgotten, more and more where all count alike",
)  # fmt: skip
for name, below in scores.items():
    ax.plot(range(2, 61), below, label=name)
ax.axhline(0, color="0.6", lw=1)
ax.set(xlabel="batch", ylabel="below the truth, nats a point")
ax.legend()

# %%
# Where the data lie in files, or are made by a function, `fit` reads them in blocks: it
# looks at all once, and what it arranges then lies in memory or in a file of its own.
# `on_pass` is told how far it is in each pass, `on_step` how likely the points have
# become. After each step the fit is in a file, from which the same call would go on.


def blocks():
    """The same twenty blocks each time."""
    again = np.random.default_rng(1)
    for _ in range(20):
        yield mx.Mixture([0.4, 0.3, 0.3], centres, shapes).sample(500, rng=again)


passes: list[mx.Pass] = []
steps: list[mx.Step] = []
kept = Path(tempfile.mkdtemp()) / "job.mix"
fit = mx.fit(
    blocks,
    3,
    start="random",
    tol=1e-7,
    max_iter=500,
    rng=0,
    on_pass=passes.append,
    on_step=steps.append,
    checkpoint=kept,
)
assert mx.load(kept) == fit.mixture
print(f"{passes[19].done:,} rows in 20 blocks, {len(steps)} steps")

figure, ax = plt.subplots(
    figsize=(8, 3.4), layout="constrained",
    num="The log likelihood of a point against the step: level at first, since the "
    "components are alike, then two steep climbs, and level again",
)  # fmt: skip
ax.plot([step.iteration for step in steps], [step.log_likelihood for step in steps])
ax.set(xlabel="step", ylabel="log likelihood of a point")

plt.show()
