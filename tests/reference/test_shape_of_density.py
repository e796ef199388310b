"""What a density looks like, against SciPy: its modes, the mass of boxes, distances and ellipses of components."""

import numpy as np
import pytest
from scipy import stats
from scipy.optimize import minimize
from scipy.spatial.distance import cdist

import mixtura as mx
from mixtura.errors import InputError
from mixtura.model.families import COVARIANCE_TYPES


def anyhow(seed, k, d, apart=2.0, units=1.0):
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(k, d, d))
    spread = root @ root.transpose(0, 2, 1) + 0.2 * np.eye(d)
    means = apart * rng.normal(size=(k, d))
    units = np.broadcast_to(units, d)
    return mx.Mixture(rng.uniform(1, 2, k), means * units, spread * units[:, None] * units)


def on_a_line(weights, means, variances):
    return mx.Mixture(weights, np.array(means, float)[:, None], variances, "spherical")


def of_family(kind, k=3, d=2):
    x = anyhow(3, k, d, 4.0).sample(300, rng=0)
    return mx.fit(x, k, covariance_type=kind, rng=0).mixture


class TestModes:
    @pytest.mark.parametrize(("seed", "k", "d"), [(0, 5, 1), (1, 12, 2), (2, 6, 3)])
    def test_they_are_where_a_search_ends(self, seed, k, d):
        mix = anyhow(seed, k, d)
        found = mix.modes()
        ends = [
            minimize(lambda x: -mix.log_density(x[None])[0], start, method="Nelder-Mead",
                     options={"xatol": 1e-9, "fatol": 1e-13, "maxiter": 4000}).x
            for start in mix.means
        ]  # fmt: skip
        np.testing.assert_allclose(cdist(ends, found.points).min(axis=1), 0, atol=1e-6)
        np.testing.assert_allclose(found.log_density, mix.log_density(found.points), rtol=1e-14)
        assert (np.diff(found.log_density) <= 0).all()
        assert len(found) > 1
        assert set(found.labels) == set(range(len(found)))

    @pytest.mark.parametrize("kind", COVARIANCE_TYPES)
    def test_nothing_beside_them_is_higher(self, kind):
        mix = of_family(kind)
        found = mix.modes()
        turns = np.linspace(0, 2 * np.pi, 16, endpoint=False)
        ring = 1e-2 * np.sqrt(np.diagonal(mix.covariance())) * np.stack([np.cos(turns), np.sin(turns)], axis=1)
        for point, height in zip(found.points, found.log_density, strict=True):
            assert (mix.log_density(point + ring) < height).all()

    def test_two_equal_components_have_two_modes_from_two_deviations_apart(self):
        assert len(on_a_line([1, 1], [-0.99, 0.99], [1, 1]).modes()) == 1
        found = on_a_line([1, 1], [-1.01, 1.01], [1, 1]).modes()
        assert len(found) == 2
        np.testing.assert_allclose(found.points.sum(), 0, atol=1e-9)
        np.testing.assert_allclose(on_a_line([1, 1], [-1, 1], [1, 1]).modes().points, [[0]], atol=1e-3)  # flat

    def test_a_climb_leaves_the_dip_between_two(self):
        """The middle component's mean is a minimum, where the gradient is 0."""
        found = on_a_line([0.45, 0.1, 0.45], [-2, 0, 2], [1, 1, 1]).modes()
        assert len(found) == 2
        assert found.labels[1] in (0, 1)
        assert found.labels[0] != found.labels[2]
        np.testing.assert_allclose(np.sort(found.points.ravel()), [-1.93166474, 1.93166474], atol=1e-7)

    def test_units_do_not_matter(self):
        plain, scaled = anyhow(4, 8, 3), anyhow(4, 8, 3, units=10.0 ** np.array([-6, 0, 7]))
        one, other = plain.modes(), scaled.modes()
        np.testing.assert_allclose(other.points / 10.0 ** np.array([-6, 0, 7]), one.points, rtol=1e-7, atol=1e-8)
        np.testing.assert_array_equal(one.labels, other.labels)

    def test_more_modes_than_components_are_found_from_rows(self):
        """Three long ellipses that cross pairwise: each crossing is denser than their middles."""
        turns = np.radians([0, 120, 240])
        out = np.stack([np.cos(turns), np.sin(turns)], axis=1)
        along = np.stack([-out[:, 1], out[:, 0]], axis=1)
        spread = 0.001 * out[:, :, None] * out[:, None] + along[:, :, None] * along[:, None]
        mix = mx.Mixture([1, 1, 1], 0.3 * out, spread)
        assert len(mix.modes(mix.sample(300, rng=0))) > 3

    def test_dormant_components_lead_nowhere(self):
        found = on_a_line([1, 0, 1], [0, 4, 9], [1, 1, 1]).modes()
        assert found.labels.tolist() == [0, -1, 1]
        assert repr(found) == "<Modes: 2 from 3 starts>"


class TestBoxes:
    @pytest.mark.parametrize("d", [1, 2, 3, 6])
    def test_scipy_agrees(self, d):
        mix = anyhow(d, 3, d, 1.0)
        low, high = np.full(d, -1.5), np.linspace(0.5, 3, d)
        if d > 2:
            low[0], high[1] = -np.inf, np.inf
        found = mix.probability(low, high)
        expected = sum(
            w * stats.multivariate_normal.cdf(high, m, c, maxpts=100_000, abseps=1e-7, releps=1e-7, lower_limit=low)
            for w, m, c in zip(mix.weights, mix.means, mix.covariances, strict=True)
        )
        assert float(found) == pytest.approx(expected, abs=5 * found.error + (1e-12 if d < 3 else 1e-6))
        assert (found.error == 0) == (d < 3)
        assert found.error < 1e-4
        assert ("exact" in repr(found)) == (d < 3)

    @pytest.mark.parametrize("slope", [0.5, 0.999999, -0.9999999, 1e-12])
    def test_two_correlated_coordinates(self, slope):
        mix = mx.Mixture([1.0], [[0, 0]], [[[1, slope], [slope, 1]]])
        expected = stats.multivariate_normal([0, 0], [[1, slope], [slope, 1]]).cdf([0.5, 0.3], lower_limit=[-1, -2])
        assert float(mix.probability([-1, -2], [0.5, 0.3])) == pytest.approx(expected, abs=1e-12)

    def test_tails_keep_their_digits(self):
        """A corner of three standard normals, hardly correlated, and one that is nearly an orthant far out."""
        far = stats.norm.sf(8.0)
        near = 1e-12 * np.ones((3, 3)) + (1 - 1e-12) * np.eye(3)
        for d in (2, 3):
            mix = mx.Mixture([1.0], [[0.0] * d], near[None, :d, :d])
            assert float(mix.probability(8.0, np.inf)) == pytest.approx(far**d, rel=1e-6)
        assert float(mx.Mixture([1.0], [[0.0]], [1.0], "spherical").probability(8, np.inf)) == pytest.approx(far)
        assert float(mix.probability(60.0, np.inf)) == 0.0

    @pytest.mark.parametrize("kind", COVARIANCE_TYPES)
    def test_open_sides_and_halves_add_up(self, kind):
        mix = of_family(kind, d=3)
        assert float(mix.probability(-np.inf, np.inf)) == 1.0
        cut = mix.mean()[1]
        below, above = mix.probability({}, {1: cut}), mix.probability({1: cut}, {})
        assert float(below) + float(above) == pytest.approx(1, abs=1e-12)
        inside = (mix.sample(20_000, rng=0) < mix.mean()).all(axis=1).mean()
        assert float(mix.probability(-np.inf, mix.mean())) == pytest.approx(inside, abs=0.02)

    def test_the_error_is_honest_and_falls(self):
        mix = anyhow(5, 3, 4, 1.0)
        exact = float(mix.probability(-1, 1, n_samples=2**15))
        few = [mix.probability(-1, 1, n_samples=1024, rng=seed) for seed in range(12)]
        off = np.array([(float(each) - exact) / each.error for each in few])
        assert 0.5 < off.std() < 1.8
        assert mix.probability(-1, 1, n_samples=2**15).error < 0.1 * few[0].error
        assert mix.probability(-1, 1) == mix.probability(-1, 1)

    def test_names_and_a_point(self):
        mix = mx.Mixture([1.0], [[0, 0]], [np.eye(2)], names=("a", "b"))
        assert float(mix.probability({"b": 0}, {"a": 0})) == pytest.approx(0.25)
        assert float(mix.probability([0, 1], [0, 2])) == 0.0


class TestEllipsoids:
    @pytest.mark.parametrize("kind", COVARIANCE_TYPES)
    def test_distances_are_scipys(self, kind):
        mix = of_family(kind)
        x = mix.sample(50, rng=0)
        expected = np.stack(
            [cdist(x, m[None], "mahalanobis", VI=np.linalg.inv(c))[:, 0]
             for m, c in zip(mix.means, mix.matrices, strict=True)], axis=1,
        )  # fmt: skip
        np.testing.assert_allclose(mix.mahalanobis(x), expected, rtol=1e-9)
        np.testing.assert_allclose(mix.mahalanobis(x, component=2), expected[:, 2], rtol=1e-9)
        x[0, 0] = np.nan
        gaps = mix.mahalanobis(x, missing=True)
        deviation = np.sqrt(mix.matrices[:, 1, 1])
        np.testing.assert_allclose(gaps[0], np.abs(x[0, 1] - mix.means[:, 1]) / deviation, rtol=1e-9)
        np.testing.assert_allclose(gaps[1:], expected[1:], rtol=1e-9)

    def test_far_points_have_distances_and_no_nan(self):
        mix = mx.Mixture([1.0], [[0, 0]], [[[1e-200, 0], [0, 1e-200]]])
        np.testing.assert_allclose(mix.mahalanobis([[3e60, 4e60], [0, 0]]), [[5e160], [0]])
        assert mx.Mixture([1.0], [[0, 0]], [1e-300], "spherical").mahalanobis([[1e300, 0]]) == np.inf

    @pytest.mark.parametrize("kind", COVARIANCE_TYPES)
    @pytest.mark.parametrize("d", [2, 4])
    def test_axes_end_on_the_ellipse_and_hold_the_share(self, kind, d):
        mix = of_family(kind, d=d)
        found = mix.ellipses(0.8)
        assert found.radius == pytest.approx(np.sqrt(stats.chi2(d).ppf(0.8)))
        for k in range(3):
            ends = found.centres[k] + found.axes[k][:, None] * found.directions[k]
            np.testing.assert_allclose(mix.mahalanobis(ends, component=k), found.radius, rtol=1e-9)
            turned = found.directions[k] @ mix.matrices[k] @ found.directions[k].T
            np.testing.assert_allclose(turned, np.diag((found.axes[k] / found.radius) ** 2), atol=1e-9 * turned.max())
        assert (np.diff(found.axes, axis=1) <= 0).all()

    def test_angles_turn_anticlockwise(self):
        for degrees in (-89.0, -30.0, 0.0, 45.0, 90.0):
            turn = np.radians(degrees)
            axis = np.array([np.cos(turn), np.sin(turn)])
            mix = mx.Mixture([1.0], [[0, 0]], (np.eye(2) + 3 * np.outer(axis, axis))[None])
            assert mix.ellipses().angles[0] == pytest.approx(degrees, abs=1e-9)
        assert mx.Mixture([1.0], [[0, 0]], [1.0], "spherical").ellipses().angles[0] == 0

    def test_all_of_a_gaussian_is_everywhere(self):
        mix = anyhow(0, 2, 2)
        assert mix.in_confidence_region([[1e9, -1e9]], 1.0).all()
        assert np.array_equal(mix.sample(5, within=1.0, rng=0).shape, (5, 2))


@pytest.mark.parametrize(("n", "k"), [(40, 6), (5003, 60)])
@pytest.mark.parametrize("gaps", [False, True])
def test_the_largest_responsibilities(n, k, gaps):
    mix = anyhow(1, k, 2, 8.0)
    x = mix.sample(n, rng=0)
    if gaps:
        x[::7, 0] = np.nan
    whole = mix.responsibilities(x, missing=gaps)
    few = mix.responsibilities(x, top=3, missing=gaps)
    assert few.shape == (n, k)
    assert np.diff(few.indptr).max() <= 3
    expected = np.where(whole >= -np.sort(-whole, axis=1)[:, 2:3], whole, 0)
    np.testing.assert_allclose(few.toarray(), expected, rtol=1e-9, atol=1e-14)
    np.testing.assert_allclose(mix.responsibilities(x, top=99, missing=gaps).toarray(), whole, rtol=1e-9, atol=1e-14)


def test_the_lowest_numbers_win_a_tie():
    mix = mx.Mixture([1, 1, 1, 1], np.zeros((4, 1)), np.ones(4), "spherical")
    assert mix.responsibilities([[0.0]], top=2).toarray().tolist() == [[0.25, 0.25, 0, 0]]


MIX = mx.Mixture([0.5, 0.5], [[0, 0], [1, 1]], [np.eye(2)] * 2, names=("a", "b"))
WRONG = {
    "top": (lambda: MIX.responsibilities([[0, 0]], top=0), "top is 0: give a whole number >= 1"),
    "level": (lambda: MIX.ellipses(1.0), "level is 1: all of a Gaussian fills no ellipse; give less than 1"),
    "level 0": (lambda: MIX.ellipses(0), "level is 0: a confidence region holds more than 0 and at most 1"),
    "angles": (lambda: MIX.marginal(["a"]).ellipses().angles, "an angle belongs to an ellipse in 2 .* have 1: use"),
    "component": (lambda: MIX.mahalanobis([[0, 0]], component=2), "component is 2: the components are numbered 0 to 1"),
    "gap": (lambda: MIX.mahalanobis([[0, np.nan]]), r"x\[0, 1\] is nan.*missing=True"),
    "empty box": (lambda: MIX.probability([0, 1], [1, 0]), "the box is empty in b: its low 1 is above its high 0"),
    "sides": (lambda: MIX.probability([0, 1, 2], 3), r"low has shape \(3,\), expected \(2,\): a number a coordinate"),
    "NaN": (lambda: MIX.probability(0, np.nan), "high is nan: a side of a box is a number"),
    "name": (lambda: MIX.probability({"c": 1}, {}), "low holds 'c': choose from a, b"),
    "text": (lambda: MIX.probability("a", 1), "low cannot be read as numbers"),
    "n_samples": (lambda: MIX.probability(0, 1, n_samples=3), "n_samples is 3: give a whole number >= 16"),
    "far start": (lambda: MIX.modes([[0, 0], [1e200, 0]]), r"x\[1\], whose column 'a' is 1e\+200, lies too far"),
    "columns": (lambda: MIX.modes([[0.0]]), "x has 1 columns, the mixture has 2"),
}


@pytest.mark.parametrize(("ask", "says"), WRONG.values(), ids=WRONG)
def test_wrong_questions(ask, says):
    with pytest.raises(InputError, match=says):
        ask()
