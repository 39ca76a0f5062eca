import math

import pytest
from scipy.special import gamma

from flowbounds.theory.extremes import expected_largest_norm


@pytest.mark.parametrize("dimension", [1, 2, 5, 50])
def test_of_one_vector_it_is_the_mean_of_chi(dimension):
    expected = math.sqrt(2) * gamma((dimension + 1) / 2) / gamma(dimension / 2)
    assert expected_largest_norm(1, dimension) == pytest.approx(expected, rel=1e-7)


def test_of_two_numbers_it_is_two_over_the_root_of_pi():
    """E max(|X|, |Y|) = E |X + Y| / 2 + E |X - Y| / 2 for two standard normals."""
    assert expected_largest_norm(2, 1) == pytest.approx(2 / math.sqrt(math.pi), rel=1e-7)


@pytest.mark.parametrize("m", [2, 8, 16])
def test_in_the_plane_it_is_a_sum_over_subsets(m):
    """1 - (1 - e^{-x^2/2})^m integrated term by term."""
    terms = ((-1) ** (j + 1) * math.comb(m, j) / math.sqrt(j) for j in range(1, m + 1))
    expected = math.sqrt(math.pi / 2) * sum(terms)
    assert expected_largest_norm(m, 2) == pytest.approx(expected, rel=1e-7)
