"""Memory that several experiments need, for their estimates."""

from collections.abc import Mapping


def gram_megabytes(n: int) -> int:
    """Three arrays of the size of a Gram matrix: n training and 1000 fresh points."""
    return 3 * 8 * (n + 1000) ** 2 // 10**6


def regression_megabytes(settings: Mapping, d: int, n: int, widest: int, more: int = 0) -> int:
    """Points of all seeds, losses and a hidden layer, doubled.

    Args:
        settings: of an experiment on flowbounds.networks.regression.
        d, n, widest: dimension, training sample size, largest width.
        more: how many further numbers there are.
    """
    points = n + settings.get("n_test", 0)
    numbers = settings["seeds"] * (points * (3 * d + 1) + settings["iterations"]) + n * widest
    return 2 * 8 * (numbers + more) // 10**6
