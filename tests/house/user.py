"""What a user writes who checks types: `test_types.py` asks mypy about it, with the package as it is installed.

`assert_type` says what a checker should see; nothing here is run.
"""

from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import mixtura as mx

x = np.random.default_rng(0).normal(size=(100, 2))

fit = mx.fit(x, 3, covariance_type="tied", rng=0)
assert_type(fit, mx.Fit)
assert_type(fit.mixture, mx.Mixture)
assert_type(fit.log_likelihood, float)
mix = fit.mixture
assert_type(mix.means, NDArray[np.float64])
assert_type(mix.condition([0], [1.0]), mx.Mixture)
assert_type(mix.sample(10, rng=0), NDArray[np.float64])
assert_type(mx.morph(mix, mix, 0.5), mx.Mixture)
assert_type(mx.load("model.mix"), mx.Mixture)

choice = mx.choose(x, range(1, 4))
assert_type(choice, mx.Choice)
assert_type(choice.best, mx.Candidate)
assert choice.best.fit is not None
assert_type(choice.best.fit.mixture, mx.Mixture)
assert_type(mx.bic(fit, x), float)
assert_type(mx.bootstrap(x, fit, 50), mx.Bootstrap)

model = mx.GaussianMixture(3, random_state=0).fit(x)
assert_type(model, mx.GaussianMixture)
assert_type(model.mixture_, mx.Mixture)
assert_type(model.means_, NDArray[np.float64])

pixels = mx.pictures.files.read("drawing.png")
ink = mx.pictures.image.ink(pixels)
assert_type(ink, mx.Points)
assert_type(ink.within_variance, float | None)
paint = mx.pictures.draw.contour(mix, frame=(0, 0, 8, 8), size=(80, 80))
assert_type(paint, NDArray[np.uint8])
mx.pictures.files.write("painting.png", paint)
assert_type(mx.pictures.polish(100, pixels), mx.Mixture)
assert_type(mx.studio.page(x), str)
axes = mx.plots.density(mix)
axes.set_title("a density")

try:
    mx.fit(x, 0)
except mx.errors.InputError as error:
    assert_type(error.parameter, str | None)

# What a checker refuses
mx.fit(x, "three")  # type: ignore[arg-type]
mx.fit(x, 3, covariance_type="round")  # type: ignore[arg-type]
mx.pictures.image.ink(pixels, thresold=3)  # type: ignore[call-arg]
mix.mean = None  # type: ignore[method-assign, assignment]
told: Any = mx.nothing  # type: ignore[attr-defined]
