"""Rows measured with errors of their own, against formulas row by row, a plain EM of those, and closed forms."""

import tracemalloc

import dask.array as da
import numpy as np
import pytest
import sklearn
from cases import clouds
from scipy.special import logsumexp

import mixtura as mx
from comparing import mixture_gap, same_bits, statistics_gap
from mixtura.em.collapse import least_variances
from mixtura.engines import incomplete
from mixtura.engines.incomplete import IncompleteEngine
from mixtura.errors import InputError
from mixtura.model import uncertain
from mixtura.model.families import COVARIANCE_TYPES, family
from mixtura.model.statistics import Statistics
from mixtura.sources import opened
from mixtura.sources.noise import measured, measured_points

NOISES = ("variances", "matrices", "the same variances", "one matrix", "none in most rows")


def noise_of(kind, n, d, seed=0):
    """What is given as noise, and the same as (n, d, d)."""
    rng = np.random.default_rng(seed)
    variances = rng.uniform(0.0, 3.0, (n, d))
    root = rng.normal(size=(n, d, max(1, d - 1)))  # singular
    matrices = root @ root.transpose(0, 2, 1)
    given = {
        "variances": variances,
        "matrices": matrices,
        "the same variances": variances[0],
        "one matrix": matrices[:1],
        "none in most rows": variances * (rng.random((n, 1)) < 0.3),
    }[kind]
    dense = given if given.ndim == 3 else np.broadcast_to(given, (n, d))[:, :, None] * np.eye(d)
    return given, np.broadcast_to(dense, (n, d, d))


def with_gaps(x, share=0.25, seed=0):
    """A copy with a share of the values missing, from half of the rows."""
    x = np.array(x)
    gaps = np.random.default_rng(seed).random(x.shape) < share
    gaps[::2] = False
    gaps[1] = True
    x[gaps] = np.nan
    return x


def mixture_of(kind, d, k=3, seed=0):
    """A mixture of that family over the clouds."""
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(k, d, d))
    scatter = root @ root.transpose(0, 2, 1) / d + 0.3 * np.eye(d)
    record = family(kind)
    mean = record.reduced(scatter) / (record.pooled(d) * (k if record.shared else 1))
    covariances = record.m_step(mean, np.ones(k))
    return mx.Mixture(rng.uniform(0.2, 1, k), 5 + 2 * rng.normal(size=(k, d)), covariances, kind)


def one_by_one(mix, x, noise, weight):
    """Log joint densities (n, k), Statistics, posterior means and covariances: a row and a component at a time."""
    n, (k, d) = len(x), mix.means.shape
    joint, means, covariances = np.tile(np.log(mix.weights), (n, 1)), np.empty((n, d)), np.empty((n, d, d))
    mass, first, scatter, likelihood = np.zeros(k), np.zeros((k, d)), np.zeros((k, d, d)), 0.0
    for i, row in enumerate(x):
        o = np.flatnonzero(~np.isnan(row))
        away, rest = np.zeros((k, d)), mix.matrices.copy()
        for j, (mean, s) in enumerate(zip(mix.means, mix.matrices, strict=True)):
            total, e = (s + noise[i])[np.ix_(o, o)], row[o] - mean[o]
            gain = np.linalg.solve(total, s[o]).T
            joint[i, j] -= 0.5 * (e @ np.linalg.solve(total, e) + np.linalg.slogdet(2 * np.pi * total)[1])
            away[j], rest[j] = gain @ e, s - gain @ s[o]
        share = np.exp(joint[i] - logsumexp(joint[i]))
        squares = away[:, :, None] * away[:, None, :] + rest
        mass, first = mass + weight[i] * share, first + weight[i] * share[:, None] * away
        scatter += weight[i] * share[:, None, None] * squares
        likelihood += weight[i] * logsumexp(joint[i])
        means[i] = share @ (mix.means + away)
        apart = mix.means + away - means[i]
        covariances[i] = np.einsum("k,kij->ij", share, rest + apart[:, :, None] * apart[:, None, :])
    found = Statistics(mass, first, mix.family.reduced(scatter), likelihood, weight.sum())
    return joint, found, means, covariances


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
@pytest.mark.parametrize("noise", NOISES)
def test_every_family_row_by_row(kind, noise, monkeypatch):
    n, d = 50, 3
    x, mix = with_gaps(clouds(n, d)), mixture_of(kind, d)
    given, dense = noise_of(noise, n, d)
    weight = np.random.default_rng(1).integers(0, 3, n).astype(float)
    joint, _, means, covariances = one_by_one(mix, x, dense, weight)
    _, expected, _, _ = one_by_one(mix, x, dense, weight * ~np.isnan(x).all(axis=1))  # nothing has no weight
    points = measured_points(mx.Points.from_array(x, weight, missing=True), given)
    monkeypatch.setattr(incomplete, "FEW_NUMBERS", 100)  # some rows that are alike have an engine of their own
    for name in ("reference", "blas", "cpu"):
        engine = IncompleteEngine(points, 3, kind, name)
        assert bool(engine.common) == (name != "reference" and noise not in ("variances", "matrices"))
        assert statistics_gap(engine.expect(mix), expected, mix) < 1e-12
    logs = logsumexp(joint, axis=1)
    for asked in (1e7, 1.0):  # without and with the kernels
        monkeypatch.setattr(uncertain, "ASKED", asked)
        more = {"missing": True, "noise_covariance": given}
        np.testing.assert_allclose(mix.log_density(x, **more), logs, rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(mix.density(x, **more), np.exp(logs), rtol=1e-11)
        shares = np.exp(joint - logs[:, None])
        np.testing.assert_allclose(mix.responsibilities(x, **more), shares, rtol=1e-9, atol=1e-14)
        np.testing.assert_allclose(mix.responsibilities(x, sparse=True, **more).toarray(), shares, atol=1e-14)
        np.testing.assert_array_equal(mix.predict(x, **more), joint.argmax(axis=1))
        found = mix.denoise(x, given, missing=True, return_cov=True)
        np.testing.assert_allclose(found[0], means, rtol=1e-11)
        np.testing.assert_allclose(found[1], covariances, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(mix.denoise(x, given, missing=True), means, rtol=1e-11)


def plain_em(x, noise, weight, mix, steps):
    """EM as its authors wrote it, a row at a time, from a full mixture."""
    for _ in range(steps):
        _, found, _, _ = one_by_one(mix, x, noise, weight)
        shift = found.first / found.mass[:, None]
        covariances = found.second / found.mass[:, None, None] - shift[:, :, None] * shift[:, None, :]
        mix = mx.Mixture(found.mass, mix.means + shift, covariances)
    return mix


def test_a_fit_is_that_of_a_plain_em():
    n, d = 120, 2
    x, start = with_gaps(clouds(n, d)), mixture_of("full", d)
    weight = np.random.default_rng(2).uniform(0.1, 2, n) * ~np.isnan(x).all(axis=1)  # nothing has no weight
    for noise in ("variances", "matrices"):
        given, dense = noise_of(noise, n, d)
        expected = plain_em(x, dense, weight, start, 8)
        for engine in ("reference", "cpu"):
            options = {"missing": True, "sample_weight": weight, "tol": 0, "reg_covar": 0, "max_iter": 8}
            found = mx.fit(x, 3, start=start, noise_covariance=given, engine=engine, **options)
            assert mixture_gap(found.mixture, expected) < 1e-10


@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
def test_the_likelihood_never_falls_and_its_slope_vanishes(kind):
    x = clouds(150, 2)
    noise = np.random.default_rng(5).uniform(0.2, 1.5, x.shape)
    fit = mx.fit(x, 2, covariance_type=kind, noise_covariance=noise, reg_covar=0, tol=0, max_iter=15, rng=0)
    assert (np.diff(fit.log_likelihoods) >= 0).all()
    asked = fit.mixture.log_density(x, noise_covariance=noise).mean()
    assert asked == pytest.approx(fit.log_likelihood, rel=1e-12)


def test_errors_are_taken_away():
    """Two thin stripes, drowned in errors that differ from row to row: moments of what was measured, and of what is."""
    true = mx.Mixture([0.5, 0.5], [[0, 0], [6, 0]], [[[1, 0.9], [0.9, 1]], [[0.3, 0], [0, 2]]])
    points = true.sample(4000, rng=0)
    noise = np.random.default_rng(1).uniform(0.1, 1.5, points.shape)
    x = points + np.random.default_rng(2).normal(size=points.shape) * np.sqrt(noise)
    options = {"rng": 0, "tol": 1e-6, "max_iter": 200, "accelerate": True}
    found = mx.fit(x, 2, noise_covariance=noise, **options).mixture
    plain = mx.fit(x, 2, **options).mixture
    found, plain = (each.subset(np.argsort(each.means[:, 0])) for each in (found, plain))
    assert mixture_gap(found, true) < 0.2
    assert mixture_gap(plain, true) > 1
    away = [np.mean((each - points) ** 2) for each in (found.denoise(x, noise), plain.denoise(x, noise), x)]
    assert away[0] < away[1] < away[2]
    mean, covariance = true.denoise(x, noise, return_cov=True)
    z = np.einsum("ni,nij,nj->n", mean - points, np.linalg.inv(covariance), mean - points)
    assert z.mean() == pytest.approx(2, rel=0.05)  # the covariances are honest


def test_a_denoised_row_is_the_mean_of_a_product():
    mix, x = mixture_of("full", 3), clouds(5, 3)
    _, noise = noise_of("variances", 5, 3)
    mean, covariance = mix.denoise(x, noise, return_cov=True)
    for row, own, m, c in zip(x, noise, mean, covariance, strict=True):
        product = mix.product(row, own)
        np.testing.assert_allclose(m, product.mean(), rtol=1e-12)
        np.testing.assert_allclose(c, product.covariance(), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("asked", [1e7, 1.0])
def test_coordinates_without_noise_are_as_they_are(asked, monkeypatch):
    monkeypatch.setattr(uncertain, "ASKED", asked)
    mix, x = mixture_of("full", 3), clouds(9, 3)
    mean, covariance = mix.denoise(x, [0.5, 0.0, 1.0], return_cov=True)
    np.testing.assert_array_equal(mean[:, 1], x[:, 1])
    assert not covariance[:, 1].any()
    assert not covariance[:, :, 1].any()
    np.testing.assert_array_equal(mix.denoise(x, np.zeros(3)), x)
    gaps = with_gaps(x)
    np.testing.assert_allclose(mix.denoise(gaps, np.zeros(3), missing=True), mix.impute(gaps), rtol=1e-13)


def test_any_source_has_noise(tmp_path):
    n, d = 3000, 2
    x, start = clouds(n, d), mixture_of("full", d)
    given, _ = noise_of("matrices", n, d)
    np.save(tmp_path / "x.npy", x)
    np.save(tmp_path / "noise.npy", given)
    mapped = np.load(tmp_path / "noise.npy", mmap_mode="r")
    options = {"start": start, "tol": 0, "max_iter": 3}
    expected = mx.fit(x, 3, noise_covariance=given, **options)
    blocks = lambda: iter([x[:1100], x[1100:]])  # noqa: E731
    for source, noise in ((blocks, given), (str(tmp_path / "x.npy"), mapped)):
        found = mx.fit(source, 3, noise_covariance=noise, **options)
        assert mixture_gap(found.mixture, expected.mixture) < 1e-11
        ask = expected.mixture.denoise
        np.testing.assert_allclose(np.asarray(ask(source, noise)), ask(x, given), rtol=1e-12)
        again = mx.bic(expected.mixture, source, noise_covariance=noise)
        assert again == pytest.approx(mx.bic(expected.mixture, x, noise_covariance=given), rel=1e-12)
    of_blocks = measured(opened(blocks), given)
    assert of_blocks.bits == measured_points(mx.Points.from_array(x), given).bits != opened(blocks).bits
    parts = da.from_array(x, chunks=(1000, 2))
    one = mx.fit(x, 3, noise_covariance=[0.5, 1.0], **options)
    assert mixture_gap(mx.fit(parts, 3, noise_covariance=[0.5, 1.0], **options).mixture, one.mixture) < 1e-11
    assert mixture_gap(mx.fit(x, 3, **options).mixture, one.mixture) > 0.1


@pytest.mark.parametrize("kind", ["variances", "matrices"])
def test_every_row_of_a_partition_has_its_own_noise(kind):
    n, d = 900, 2
    x, start = with_gaps(clouds(n, d)), mixture_of("full", d)
    given, gaps = noise_of(kind, n, d)[0], np.isnan(x)
    given[gaps] = np.nan
    options = {"start": start, "tol": 0, "max_iter": 2, "missing": True, "sample_weight": np.arange(n) % 3}
    expected = mx.fit(x, 3, noise_covariance=given, **options).mixture
    parts = da.from_array(x, chunks=(400, 2))
    cut = da.from_array(given, chunks=(250, *given.shape[1:]))
    for noise in (given, cut):  # of which the rows are cut otherwise
        assert mixture_gap(mx.fit(parts, 3, noise_covariance=noise, **options).mixture, expected) < 1e-11
    told = start.log_density(parts, missing=True, noise_covariance=cut)
    np.testing.assert_allclose(np.asarray(told), start.log_density(x, missing=True, noise_covariance=given))
    plain = opened(parts, missing=True)
    bits = [measured(plain, noise).bits for noise in (given, cut)]
    assert bits[0] == bits[1]
    assert len({*bits, plain.bits, measured(plain, [1, 2]).bits}) == 3
    wrong = given.copy()
    wrong[~gaps[:, 1] & (np.arange(n) > 850), ..., 1] = -1.0
    for noise in (wrong, da.from_array(wrong)):
        with pytest.raises(InputError, match=r"noise_covariance\[851, .*expected a variance >= 0"):
            mx.fit(parts, 3, noise_covariance=noise, **options)
    with pytest.raises(InputError, match="has 800 rows, x has 900"):
        mx.fit(parts, 3, noise_covariance=cut[:800], missing=True)


def test_labels_and_clusters_know_the_noise():
    x = clouds(500, 2)
    given, _ = noise_of("variances", 500, 2)
    fit = mx.fit(x, 4, noise=True, noise_covariance=given, rng=0)
    rows = mx.Points(x, noise=given)  # which carry their noise
    labels = np.where(fit.mixture.predict(rows) == 4, -1, fit.mixture.predict(rows))
    assert (fit.predict(x, noise_covariance=given) == labels).all()
    assert (fit.predict(rows) == labels).all()
    assert (fit.predict(x) != labels).any()
    clusters, plain = mx.combine(fit, x, noise_covariance=given), mx.combine(fit, x)
    shares = fit.mixture.responsibilities(rows)
    assert clusters.entropies[-1] == pytest.approx(-(shares * np.log(np.maximum(shares, 1e-300))).sum())
    assert clusters.entropies[-1] != pytest.approx(plain.entropies[-1], rel=1e-3)
    np.testing.assert_allclose(clusters.responsibilities(rows, 2), shares @ clusters.membership(2))
    assert (clusters.predict(x, 2, noise_covariance=given) != clusters.predict(x, 2)).any()
    model = mx.GaussianMixture(4, n_clusters=2, noise=True, random_state=0, tol=1e-4).fit(x, noise_covariance=given)
    again = mx.combine(model.mixture_, x, noise_covariance=given, background=4)
    np.testing.assert_allclose(model.clusters_.entropies, again.entropies)
    for ask in (fit.mixture.mahalanobis, fit.mixture.impute):
        with pytest.raises(InputError, match="carries the noise"):
            ask(rows)
    with pytest.raises(InputError, match="carries the noise"):
        mx.BayesianGaussianMixture(n_components=2).fit(rows)


def test_frames_and_names():
    import pandas as pd

    x = clouds(200, 2)
    noise = noise_of("variances", 200, 2)[0]
    frame, errors = pd.DataFrame(x, columns=["a", "b"]), pd.DataFrame(noise, columns=["a", "b"])
    fit = mx.fit(frame, 2, noise_covariance=errors[["b", "a"]], rng=0)
    assert same_bits(fit.mixture, mx.fit(frame, 2, noise_covariance=noise, rng=0).mixture)
    turned = fit.mixture.log_density(frame[["b", "a"]], noise_covariance=errors)
    np.testing.assert_array_equal(turned, fit.mixture.log_density(x, noise_covariance=noise))


@pytest.mark.parametrize("engine", ["blas", "cpu"])
def test_threads_change_no_bit(engine, monkeypatch):
    monkeypatch.setattr(uncertain, "ASKED", 1e7 if engine == "blas" else 1.0)
    x = with_gaps(clouds(700, 4))
    noise = noise_of("variances", 700, 4)[0]
    points = measured_points(mx.Points.from_array(x, missing=True), noise)
    mix = mixture_of("full", 4, 5)
    one, *others = (IncompleteEngine(points, 5, "full", engine, t).expect(mix) for t in (1, 2, 5))
    for other in others:
        for name in ("mass", "first", "second"):
            assert getattr(one, name).tobytes() == getattr(other, name).tobytes()
        assert one.log_likelihood == other.log_likelihood
    one, *others = (mix.denoise(x, noise, missing=True, n_threads=t, return_cov=True) for t in (1, 2, 5))
    for other in others:
        assert all(a.tobytes() == b.tobytes() for a, b in zip(one, other, strict=True))


PLACES = {"far": (1e8, 1.0), "tiny": (0.0, 1e-150), "huge": (0.0, 1e140), "columns apart": (0.0, [1e-9, 1e6, 1.0])}


@pytest.mark.parametrize("place", PLACES)
def test_kernels_on_hard_data(place):
    """Against the plain case, moved and scaled."""
    offset, scale = PLACES[place]
    unit = np.broadcast_to(np.asarray(scale, float), 3)
    x, mix = clouds(80, 3), mixture_of("full", 3)
    noise = noise_of("variances", 80, 3)[0]
    moved = mx.Mixture(mix.weights, mix.means * unit + offset, mix.covariances * np.outer(unit, unit))
    engines = (
        IncompleteEngine(mx.Points(x * u + o, noise=noise * u**2), 3, "full", "cpu")
        for u, o in ((np.ones(3), 0.0), (unit, offset))
    )
    a, b = (engine.expect(each) for engine, each in zip(engines, (mix, moved), strict=True))
    likelihood = b.log_likelihood + 80 * np.log(unit).sum()
    back = Statistics(b.mass, b.first / unit, b.second / np.outer(unit, unit), likelihood, b.total)
    assert statistics_gap(back, a, mix) < (1e-6 if offset else 1e-12)


def test_memory_is_bounded():
    """No array of points times components, nor of their matrices."""
    n, d, k = 20_000, 7, 20
    x, mix = clouds(n, d), mixture_of("full", d, k)
    noise = noise_of("variances", n, d)[0]
    engine = IncompleteEngine(mx.Points(x, noise=noise), k, "full", "cpu")
    engine.expect(mix)
    tracemalloc.start()
    engine.expect(mix)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < n * d * 8


def test_many_rows_of_their_own_gaps(monkeypatch):
    """By kernels, as by groups."""
    d, k = 20, 40
    mix = mixture_of("full", d, k)
    x = mix.sample(30, rng=0)
    x[np.random.default_rng(0).random(x.shape) < 0.5] = np.nan
    found = mix.impute(x)
    monkeypatch.setattr(uncertain, "ASKED", np.inf)
    assert uncertain.kernels_pay(mix, 30, None, 1e5)
    np.testing.assert_allclose(found, mix.impute(x), rtol=1e-9)


def test_a_component_that_errors_drown_is_no_collapse():
    """Half of the points are one and the same, but for errors: a component without a width is the truth."""
    rng = np.random.default_rng(0)
    points = np.concatenate([np.zeros((300, 2)), rng.normal(4, 1, (300, 2))])
    noise = rng.uniform(0.1, 1.0, points.shape)
    x = points + rng.normal(size=points.shape) * np.sqrt(noise)
    bare, known = mx.Points.from_array(np.round(x, 1)), measured_points(mx.Points.from_array(np.round(x, 1)), noise)
    assert (least_variances(bare, 1e-6) > 5e-4).all()  # those of rounding to tenths
    assert not least_variances(known, 1e-6).any()
    best = mx.choose(x, (1, 2, 3), covariance_type="full", noise_covariance=noise, rng=0).best
    assert best.n_components == 2
    assert best.mixture.covariances.min(initial=1, where=np.eye(2, dtype=bool)) < 0.03


def test_a_checkpoint_knows_its_noise(tmp_path):
    x, noise = clouds(200, 2), noise_of("variances", 200, 2)[0]
    options = {"rng": 0, "tol": 0, "checkpoint": tmp_path / "fit.mix"}
    mx.fit(x, 2, noise_covariance=noise, max_iter=2, **options)
    resumed = mx.fit(x, 2, noise_covariance=noise, max_iter=5, **options)
    assert same_bits(resumed.mixture, mx.fit(x, 2, noise_covariance=noise, max_iter=5, rng=0, tol=0).mixture)
    for other in (None, noise + 1.0):
        with pytest.raises(InputError, match="fingerprint"):
            mx.fit(x, 2, noise_covariance=other, max_iter=9, **options)


def test_estimators_take_noise_beside_rows():
    x, noise = clouds(400, 2), noise_of("variances", 400, 2)[0]
    model = mx.GaussianMixture(2, random_state=0, max_iter=300).fit(x, noise_covariance=noise)
    mix = model.mixture_
    np.testing.assert_array_equal(model.predict(x, noise), mix.predict(x, noise_covariance=noise))
    np.testing.assert_array_equal(model.predict_proba(x, noise), mix.responsibilities(x, noise_covariance=noise))
    np.testing.assert_array_equal(model.denoise(x, noise), mix.denoise(x, noise))
    logs = mix.log_density(x, noise_covariance=noise)
    np.testing.assert_array_equal(model.score_samples(x, noise), logs)
    assert model.score(x, noise_covariance=noise) == pytest.approx(logs.mean(), rel=1e-12)
    assert model.bic(x, noise_covariance=noise) == mx.bic(mix, x, noise_covariance=noise)
    assert model.icl(x, noise_covariance=noise) > model.bic(x, noise_covariance=noise)
    with sklearn.config_context(enable_metadata_routing=True):
        asked = model.set_fit_request(noise_covariance=True).get_metadata_routing()
        assert asked.fit.requests["noise_covariance"] is True
    np.testing.assert_array_equal(model.fit_predict(x, noise_covariance=noise), model.predict(x, noise))
    more = model.partial_fit(x, noise_covariance=noise).lower_bound_
    assert more == pytest.approx(logs.mean(), rel=1e-12)


def with_one(value, place):
    noise = np.ones((9, 2) if len(place) == 2 else (9, 2, 2)) * (1.0 if len(place) == 2 else np.eye(2))
    noise[place] = value
    return noise


WRONG = {
    "three columns": (np.ones((9, 3)), r"has shape \(9, 3\), expected \(2,\) .*\(9, 2\).*\(9, 2, 2\)"),
    "eight rows": (np.ones((8, 2)), r"has shape \(8, 2\)"),
    "a matrix for all": (np.eye(2), r"one matrix for all rows is given as \(1, 2, 2\)"),
    "a number": ([1.0], r"has shape \(1,\), expected \(2,\)"),
    "NaN": (with_one(np.nan, (3, 1)), r"noise_covariance\[3, 1\] is nan"),
    "infinity": (with_one(np.inf, (3, 1)), r"noise_covariance\[3, 1\] is inf.*missing"),
    "negative": (with_one(-2.0, (4, 0)), r"noise_covariance\[4, 0\] is -2, expected a variance >= 0"),
    "a negative diagonal": (with_one(-2.0, (4, 0, 0)), r"noise_covariance\[4, 0, 0\] is -2"),
    "not symmetric": (with_one(0.5, (5, 0, 1)), r"noise_covariance\[5, 0, 1\] is 0.5, but \[1, 0\] of that row is 0"),
    "text": ("wide", "cannot be read as numbers"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_wrong_noise_is_told_in_one_sentence(wrong):
    noise, words = WRONG[wrong]
    x, mix = clouds(9, 2), mixture_of("full", 2)
    for ask in (lambda: mx.fit(x, 1, noise_covariance=noise), lambda: mix.denoise(x, noise)):
        with pytest.raises(InputError, match=words) as caught:
            ask()
        assert len(str(caught.value)) < 300
    if np.shape(noise) in ((9, 2), (9, 2, 2)):
        with pytest.raises(InputError, match=words):  # of blocks, with the same number
            mx.fit(lambda: iter([x[:3], x[3:]]), 1, noise_covariance=noise)


def test_a_noise_that_is_no_covariance_is_told_with_its_row():
    noise = np.tile(np.eye(2), (9, 1, 1))
    noise[6] = [[1, 2], [2, 1]]
    with pytest.raises(InputError, match=r"noise_covariance\[6\] is not positive semi-definite \(.*-1"):
        mx.fit(clouds(9, 2), 1, noise_covariance=noise)
    noise[6] = [[1, 1], [1, 1]]  # singular ones are allowed
    noise[7] = 0
    mx.fit(clouds(9, 2), 1, noise_covariance=noise)


def test_noise_may_miss_where_the_row_does():
    x, noise = clouds(50, 2), noise_of("variances", 50, 2)[0]
    x[3, 1] = x[7, 0] = np.nan
    other = noise.copy()
    other[3, 1] = other[7, 0] = np.nan
    a, b = (mx.fit(x, 1, missing=True, noise_covariance=each, rng=0) for each in (noise, other))
    assert same_bits(a.mixture, b.mixture)
    assert np.isnan(other[3, 1])  # what was given is as it was
    with pytest.raises(InputError, match="Points, which carry their own noise"):
        mx.fit(measured_points(mx.Points.from_array(clouds(50, 2)), noise), 1, noise_covariance=noise)


def test_a_row_beyond_all_reach_is_named():
    mix, x = mixture_of("full", 2), clouds(5, 2)
    x[2, 1] = 1e200
    noise = np.random.default_rng(0).uniform(1, 2, x.shape)
    with pytest.raises(InputError, match=r"x\[2\], whose column 1 is 1e\+200"):
        mix.denoise(x, noise)
