"""scikit-learn's own tests of its mixtures pass with ours; what is left out is named, with a reason that counts."""

import pytest
import sklearn
import suites
from packaging.version import Version


@pytest.mark.parametrize("suite", suites.SUITES)
def test_suite(suite):
    outcome = suites.run(suite, float32=True)
    version = Version(sklearn.__version__)
    words = {"test_regularisation"} if version < Version("1.7") else set()  # an error's, which were others before
    assert outcome.failed.keys() <= words, suites.report(suite, outcome)
    assert outcome.skipped == {}
    if version < Version("1.9"):
        return  # older suites have fewer tests
    assert {name.partition("[")[0] for name in outcome.left_out} == set(suites.SUITES[suite])
    assert set(outcome.left_out.values()) <= set(suites.REASONS)
    assert len(outcome.passed) >= {"test_gaussian_mixture": 55, "test_mixture": 4, "test_bayesian_mixture": 14}[suite]


def test_what_fails_is_reported():
    outcome = suites.Outcome(["test_a[1]", "test_a[2]"], {"test_b": "assert 1 == 2"}, {}, {"test_c": suites.PATCHES})
    text = suites.report("suite", outcome)
    assert "2 passed, 1 failed, 1 left out" in text
    assert "test_a (2 times)" in text
    assert "FAILED    test_b\nassert 1 == 2" in text
    assert f"test_c: {suites.PATCHES}" in text
