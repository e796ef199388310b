"""
What does not belong here?
==========================

A mixture that has seen nothing but clothes gives everything a density. What is rare has
a low one: a score of how strange it is. Does it notice bags, which it has never seen?
"""

import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx
from mixtura.gallery import sample

sheet = mx.pictures.files.read(sample("clothes.png"))[..., 0]
kinds = sheet.reshape(10, 28, -1, 28).swapaxes(1, 2)  # (10, 120, 28, 28)
BAGS = 8
seen = np.concatenate([kind[:80] for i, kind in enumerate(kinds) if i != BAGS])
unseen = np.concatenate([kind[80:] for i, kind in enumerate(kinds) if i != BAGS])
bags = kinds[BAGS]

# %%
# The score is minus the log density, of the picture's coordinates along twelve
# principal components. A limit that one in a hundred of the known pictures exceeds is
# an alarm that is rarely false.

model, _ = mx.generate.learn(seen, 12, n_axes=12, covariance_type="diag", reg_covar=900)
known, new, bag = (
    -model.mixture.log_density(model.encode(shots)) for shots in (seen, unseen, bags)
)
limit = np.quantile(known, 0.99)
for name, score in (("new clothes", new), ("bags", bag)):
    print(f"{(score > limit).mean():6.1%} of the {name} are above the limit")

order = np.argsort(-new)
figure, (left, right) = plt.subplots(
    1, 2, figsize=(11, 4), layout="constrained",
    num="Histograms of the score of new clothes, low, and of bags, far higher, with a "
    "limit between them; and the eight strangest and the eight most usual of the new "
    "clothes",
)  # fmt: skip
bins = np.linspace(new.min(), bag.max(), 50)
left.hist(new, bins, alpha=0.85, label="new clothes")
left.hist(bag, bins, alpha=0.85, label="bags")
left.axvline(limit, color="C3", lw=1.2)
left.set(
    xlabel="minus log density, in nats: the stranger, the further right",
    ylabel="pictures",
)
left.legend()
mx.plots.sheet(unseen[np.r_[order[:8], order[:-9:-1]]], columns=4, ax=right).set_title(
    "the strangest clothes, and the most usual"
)

plt.show()
